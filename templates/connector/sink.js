import { open } from 'node:fs/promises'

/** Called once for each task, with the config in the types of its table. */
export function createTask(config) {
  let file

  return {
    async start() {
      file = await open(config.path, 'a')
    },

    // A batch, in slices of one topic partition each. What throws here fails the task; a RetriableError of
    // sluice/sdk/data-error brings the same batch again.
    async put(batch) {
      const lines = []
      for (const slice of batch.slices) {
        for (let i = 0; i < slice.count; i++) lines.push(`${slice.record(i).value}\n`)
      }
      if (lines.length > 0) await file.write(lines.join(''))
    },

    // Everything that was put is to be durable when this returns: offsets are committed after it.
    async flush() {
      await file.sync()
    },

    async [Symbol.asyncDispose]() {
      await file?.close()
    },
  }
}
