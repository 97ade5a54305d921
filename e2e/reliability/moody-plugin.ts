import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A package on `plugin.path` with a source that does as its file says: `work` publishes and logs a line, `quiet` has nothing,
 * `hang` never comes back from poll, `exit` ends its thread. Its connector asks to be asked for tasks whenever the file changes:
 * `none` makes none, `refuse` cannot make any, `hang-start` and `hang-tasks` never come back from start and taskConfigs. Answers the folder.
 */
export function moodyPlugin(folder: string): string {
  const own = join(folder, 'plugins', 'moody')
  mkdirSync(own, { recursive: true })
  const manifest = { name: 'moody', version: '1.0.0', type: 'module', sluice: { plugins: './index.js' } }
  writeFileSync(join(own, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(own, 'index.js'), code)
  return join(folder, 'plugins')
}

export const moodyClass = 'com.example.MoodySourceConnector'

const code = `
import { readFileSync } from 'node:fs'
import { defineSource } from 'sluice/sdk'
import { text } from 'sluice/sdk/config'

const config = {
  topic: text({ doc: 'The topic to publish to.', importance: 'high' }),
  mood: text({ doc: 'The file that says what to do.', importance: 'high' }),
}

export const moody = defineSource({
  class: '${moodyClass}',
  taskClass: 'com.example.MoodySourceTask',
  version: '1.0.0',
  title: 'Moody',
  summary: 'Does as its file says.',
  system: 'moody',
  config,
  example: { topic: 'moods', mood: '/tmp/mood' },
  tasks: 'one',
  load: async () => ({
    createConnector({ mood }, { requestTaskReconfiguration }, raw) {
      const now = () => readFileSync(mood, 'utf8').trim()
      const pause = () => new Promise((resolve) => setTimeout(resolve, 50))
      let stopped = false
      let made
      const watch = async () => {
        while (!stopped) {
          await pause()
          if (made !== undefined && now() !== made) requestTaskReconfiguration()
        }
      }
      const whileIt = async (hangs) => {
        while (now() === hangs) await pause()
      }
      return {
        async start() {
          await whileIt('hang-start')
          void watch()
        },
        async taskConfigs() {
          await whileIt('hang-tasks')
          made = now()
          if (made === 'refuse') throw new Error('no such table')
          return made === 'none' ? [] : [raw]
        },
        async [Symbol.asyncDispose]() {
          stopped = true
        },
      }
    },
    createTask({ topic, mood }, { clock, logger }) {
      let n = 0
      return {
        async poll(signal) {
          const now = readFileSync(mood, 'utf8').trim()
          if (now === 'exit') process.exit(7)
          if (now === 'hang') {
            while (readFileSync(mood, 'utf8').trim() === 'hang') await clock.sleep(50)
            return null
          }
          await clock.sleep(now === 'quiet' ? 1000 : 50, signal)
          if (now === 'quiet') return null
          n += 1
          logger.info('published number ' + n)
          logger.debug('thinking of number ' + (n + 1))
          return [{ sourcePartition: null, sourceOffset: null, topic, value: String(n) }]
        },
        async [Symbol.asyncDispose]() {},
      }
    },
  }),
})
`
