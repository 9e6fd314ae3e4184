const list = document.getElementById("items");
const state = document.getElementById("state");

async function show() {
  try {
    const response = await fetch("/catalog/api/items", { credentials: "omit" });
    if (!response.ok) throw new Error(`the answer is ${response.status}`);
    const { items } = await response.json();
    // Text, never markup: the API's words are not this page's.
    list.replaceChildren(
      ...items.map(({ name }) => {
        const item = document.createElement("li");
        item.textContent = name;
        return item;
      }),
    );
    state.textContent = "";
  } catch (error) {
    state.textContent = `Cannot be shown now: ${error.message}`;
  }
}

show();
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/catalog/sw.js");
