import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { askSettled } from '#e2e/harness/rest.ts'
import type { Properties } from '#e2e/harness/worker-properties.ts'
import { eventually } from '#e2e/start/eventually.ts'

export const asText = { 'value.converter': 'org.apache.kafka.connect.storage.StringConverter', 'tasks.max': '1' }

export const sourceOf = (file: string, topic: string): Properties => ({
  'connector.class': 'FileStreamSource',
  file,
  topic,
  ...asText,
})

export const sinkOf = (file: string, topics: string): Properties => ({
  'connector.class': 'FileStreamSink',
  file,
  topics,
  ...asText,
})

export async function create({ url }: ConnectWorker, name: string, config: Properties): Promise<void> {
  expect(await askSettled(url, 'PUT', `/connectors/${name}/config`, config)).toMatchObject({ status: 201 })
}

export const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []

/** Waits until a file has a line. */
export const arrives = (file: string, line: string, withinMs = 30_000): Promise<true> =>
  eventually(async () => (linesOf(file).includes(line) ? true : undefined), {
    withinMs,
    what: `"${line}" in ${file}, which ends with ${linesOf(file).slice(-3).join(' | ')}`,
  })
