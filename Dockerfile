# One image for every part: `sluice worker FILE`, `sluice console`, `sluice broker`.
FROM node:24-bookworm-slim AS build
WORKDIR /sluice
COPY package.json package-lock.json .npmrc ./
COPY tools/install-hook.mjs tools/install-hook.mjs
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:24-bookworm-slim
ENV NODE_ENV=production NEXT_TELEMETRY_DISABLED=1 SLUICE_DATA_DIR=/var/lib/sluice
WORKDIR /sluice
COPY --from=build --chown=node:node /sluice /sluice
RUN mkdir -p /var/lib/sluice && chown node:node /var/lib/sluice
USER node
VOLUME /var/lib/sluice
ENTRYPOINT ["node", "server/bin/main.mjs"]
CMD ["worker"]
