# Somebody's image, for tests of functions in containers.
ARG BASE=node:26-slim
FROM ${BASE}
COPY server.mjs /srv/server.mjs
CMD ["node", "/srv/server.mjs"]
