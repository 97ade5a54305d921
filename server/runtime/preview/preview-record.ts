import { messageOf, traceOf } from '#server/contract/errors.ts'
import type { PreviewedRecord, PreviewStep } from '#server/contract/preview.ts'
import { bytesFace, recordFace } from '#server/runtime/preview/record-face.ts'
import type { ConsumedRecord } from '#server/runtime/task/record-at-hand.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import type { TransformStage } from '#server/runtime/task/task-transforms.ts'
import { isPending } from '#server/sdk/conversion-pending.ts'
import type { SinkRecord, SourceRecord } from '#server/sdk/records.ts'
import type { ConnectRecord } from '#server/sdk/transform.ts'

/** What records pass through on their way. */
export interface RecordWay {
  converters: TaskConverters
  stages: readonly TransformStage[]
  /** Bounds the time that converters may ask other systems. */
  signal: AbortSignal
}

/** A record from Kafka: converters, then transforms; what is left is what the sink's `put` would be given. */
export async function previewSinkRecord(consumed: ConsumedRecord, way: RecordWay): Promise<PreviewedRecord> {
  const { converters, signal } = way
  const { topic, partition, offset, timestamp } = consumed
  const origin = offset < 0 ? {} : { origin: `${topic}-${partition}@${offset}` }
  const steps: PreviewStep[] = []
  const convert = <Made>(role: 'key' | 'value' | 'header', conversion: () => Made) =>
    attempt(steps, `${role}.converter`, converters.classes[role], () => settled(conversion, signal))

  const key = await convert('key', () => converters.key.toConnectData(topic, consumed.key))
  const value = key && (await convert('value', () => converters.value.toConnectData(topic, consumed.value)))
  const headers =
    value &&
    (await convert('header', () =>
      consumed.headers.map(({ name, value: bytes }) => ({
        name,
        ...converters.header.toConnectHeader(topic, name, bytes),
      })),
    ))
  if (!key || !value || !headers) return { ...origin, outcome: 'failed', steps }
  const read: SinkRecord = {
    topic,
    partition,
    offset,
    keySchema: key.schema,
    key: key.value,
    valueSchema: value.schema,
    value: value.value,
    timestamp: timestamp < 0 ? null : timestamp,
    timestampType: timestamp < 0 ? 'NoTimestampType' : 'CreateTime',
    headers,
  }
  steps.push({ name: 'read', class: converters.classes.value, outcome: 'made', record: recordFace(read) })
  const { outcome } = await throughStages(read, way, steps)
  return { ...origin, outcome, steps }
}

/** A polled record: transforms, then converters; what is left is what would lie in Kafka. */
export async function previewSourceRecord(
  polled: SourceRecord,
  sourceClass: string,
  way: RecordWay,
): Promise<PreviewedRecord> {
  const { converters, signal } = way
  const place = { ...polled.sourcePartition, ...polled.sourceOffset }
  const origin = polled.sourceOffset ? { origin: JSON.stringify(place) } : {}
  const steps: PreviewStep[] = [{ name: 'read', class: sourceClass, outcome: 'made', record: recordFace(polled) }]
  const { outcome, record } = await throughStages(polled, way, steps)
  if (!record) return { ...origin, outcome, steps }
  const { topic } = record
  const convert = <Made>(role: 'key' | 'value' | 'header', conversion: () => Made) =>
    attempt(steps, `${role}.converter`, converters.classes[role], () => settled(conversion, signal))

  const headers = await convert('header', () =>
    (record.headers ?? []).map(({ name, schema, value }) => ({
      name,
      value: converters.header.fromConnectHeader(topic, name, schema, value),
    })),
  )
  const key =
    headers &&
    (await convert('key', () => ({
      bytes: converters.key.fromConnectData(topic, record.keySchema ?? null, record.key ?? null),
    })))
  const value =
    key &&
    (await convert('value', () => ({
      bytes: converters.value.fromConnectData(topic, record.valueSchema ?? null, record.value),
    })))
  if (!headers || !key || !value) return { ...origin, outcome: 'failed', steps }
  steps.push({
    name: 'written',
    class: converters.classes.value,
    outcome: 'made',
    record: bytesFace({
      topic,
      partition: record.partition ?? null,
      timestamp: record.timestamp ?? null,
      key: key.bytes,
      value: value.bytes,
      headers,
    }),
  })
  return { ...origin, outcome: 'kept', steps }
}

async function throughStages<R extends ConnectRecord>(
  first: R,
  { stages }: RecordWay,
  steps: PreviewStep[],
): Promise<{ outcome: PreviewedRecord['outcome']; record?: R }> {
  let record: ConnectRecord = first
  for (const { alias, className, applies, run } of stages) {
    const given: ConnectRecord = record
    const ran = await attempt(steps, alias, className, async () =>
      applies && !applies(given) ? { made: given, passed: true } : { made: run(given) },
    )
    if (!ran) return { outcome: 'failed' }
    const { made } = ran
    const step = { name: alias, class: className }
    if (!made) {
      steps.push({ ...step, outcome: 'dropped' })
      return { outcome: 'dropped' }
    }
    const face = recordFace(made)
    const same = JSON.stringify(face) === JSON.stringify(recordFace(given))
    if ('passed' in ran) steps.push({ ...step, outcome: 'passed' })
    else steps.push(same ? { ...step, outcome: 'unchanged' } : { ...step, outcome: 'changed', record: face })
    record = made
  }
  // A transform never makes a sink's record of a source's.
  return { outcome: 'kept', record: record as R }
}

/** What a step made; undefined when it failed, which is noted. */
async function attempt<Made>(
  steps: PreviewStep[],
  name: string,
  className: string,
  step: () => Promise<Made>,
): Promise<Made | undefined> {
  try {
    return await step()
  } catch (error) {
    const told = { message: messageOf(error), trace: traceOf(error) }
    steps.push({ name, class: className, outcome: 'failed', error: told })
    return undefined
  }
}

/** Converts, however often the converter has to ask another system first. */
async function settled<Made>(conversion: () => Made, signal: AbortSignal): Promise<Made> {
  for (;;) {
    try {
      return conversion()
    } catch (error) {
      if (!isPending(error)) throw error
      await error.settle(signal)
    }
  }
}
