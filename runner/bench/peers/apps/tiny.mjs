/** The smallest function that reads its request: answers with the path. */
export default {
  fetch(request) {
    return Response.json({ path: new URL(request.url).pathname });
  },
};
