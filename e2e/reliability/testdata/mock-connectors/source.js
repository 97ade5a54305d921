import { existsSync } from 'node:fs'
import { plain } from 'sluice/sdk/schema'

export function createConnector({ trouble, mode }, context) {
  const fail = () => {
    if (existsSync(trouble)) throw new Error(`There is trouble at ${trouble}`)
  }
  let timer
  return {
    start() {
      if (mode === 'start') return fail()
      timer = setInterval(() => {
        try {
          fail()
        } catch (error) {
          clearInterval(timer)
          context.raiseError(error)
        }
      }, 20)
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
    },
  }
}

export function createTask({ topic }, context) {
  const sourcePartition = { mock: topic }
  let sent = false
  return {
    async poll(signal) {
      if (sent) {
        await context.clock.sleep(60_000, signal)
        return null
      }
      sent = true
      return [{ topic, sourcePartition, sourceOffset: { sent: true }, valueSchema: plain.string, value: 'one' }]
    },
    async [Symbol.asyncDispose]() {},
  }
}
