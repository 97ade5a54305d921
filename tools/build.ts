import { ensureBuilt } from '#server/bin/ensure-built.ts'

/** Makes everything that `npm start` would make at its first start, for images and packages. */
const say = (line: string) => console.log(line)
await ensureBuilt('client', say)
await ensureBuilt('pages', say)
