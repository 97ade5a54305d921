import { appendFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Ground, openGround } from '#e2e/connect/ground.ts'
import { ask } from '#e2e/harness/rest.ts'
import { startStandalone } from '#e2e/harness/standalone.ts'
import { readTopic } from '#e2e/harness/topic.ts'
import { writeProperties } from '#e2e/harness/worker-properties.ts'
import { eventually } from '#e2e/start/eventually.ts'

let ground: Ground
afterEach(() => ground?.[Symbol.asyncDispose]())

test('the offset file of Kafka Connect standalone is taken over, given back, and taken over again', async () => {
  ground = openGround()
  const { bootstrapServers } = ground
  const [from, connector] = [ground.file('in.txt'), ground.file('source.properties')]
  const topic = `${ground.group}-lines`
  writeFileSync(from, '')
  writeProperties(connector, {
    name: 'lines',
    'connector.class': 'FileStreamSource',
    'tasks.max': '1',
    file: from,
    topic,
  })
  const place = { bootstrapServers, folder: dirname(from), connectors: [connector] }
  const written: string[] = []
  for (const kind of ['jvm', 'sluice', 'jvm', 'sluice'] as const) {
    await using worker = await startStandalone(kind, place)
    written.push(`from ${kind} ${written.length}`)
    appendFileSync(from, `${written.at(-1)}\n`)
    const position = written.reduce((sum, line) => sum + line.length + 1, 0)
    const committed = async () => {
      const { body } = await ask(worker.url, 'GET', '/connectors/lines/offsets')
      return body.offsets?.[0]?.offset.position === position || undefined
    }
    await eventually(committed, { withinMs: 60_000, what: `${kind} commits position ${position}` })
  }
  const records = await readTopic(bootstrapServers, topic, written.length)
  expect(records.map(({ value }) => value?.toString())).toEqual(written)
})
