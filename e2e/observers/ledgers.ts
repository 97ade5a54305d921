import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Observation, streamOf } from '#e2e/checker/observation.ts'

/** The lines of the verifiable connectors' ledgers. */
interface SourceLine {
  name: string
  task: number
  instance: string
  pid: number
  time_ms: number
  seqno: number
  event?: 'started' | 'stopped'
  committed?: true
  dropped?: true
}

interface SinkLine {
  name: string
  sinkTask: number
  time_ms: number
  event?: 'started' | 'stopped'
  source: string
  task: number
  topic: string
  partition: number
  offset: number
  seqno: number
  flushed?: true
}

/** What the ledgers in a folder say, each life's in the order of its time. Of sinks: what is flushed. */
export const ledgersIn = (folder: string): AsyncIterable<Observation>[] =>
  readdirSync(folder)
    .sort()
    .map((file) => readLedger(join(folder, file)))

async function* readLedger(file: string): AsyncGenerator<Observation> {
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const line = readLine(text)
    if (!line) continue
    const observation = 'sinkTask' in line ? ofSink(line) : ofSource(line)
    if (observation) yield observation
  }
}

/** The last line of a process that was killed may be torn. */
function readLine(text: string): SourceLine | SinkLine | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function ofSource(line: SourceLine): Observation {
  const { name, task, instance, pid, time_ms: at, seqno } = line
  const stream = streamOf(name, task)
  if (line.event) return { kind: line.event, at, stream, instance, pid }
  if (line.committed || line.dropped) return { kind: 'settled', at, stream, seqno, dropped: line.dropped ?? false }
  return { kind: 'polled', at, stream, seqno }
}

function ofSink(line: SinkLine): Observation | undefined {
  if (line.event || !line.flushed) return undefined
  const { name: place, topic, partition, offset, seqno, time_ms: at } = line
  const stream = streamOf(line.source, line.task)
  return { kind: 'arrived', at, stream, seqno, place, partition: `${topic}-${partition}`, offset }
}
