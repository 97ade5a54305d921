import { type ConfigChange, configDiff } from '#components/config/config-diff.ts'
import { membersOf } from '#components/records/json-text.ts'
import type { Preview, PreviewStep, RecordFace, ValueFace } from '#server/contract/preview.ts'

/** What a step did to a record: each part that differs, members of a JSON object one by one. */
export function recordChanges(before: RecordFace | undefined, after: RecordFace): ConfigChange[] {
  return configDiff(before ? partsOf(before) : {}, partsOf(after)).filter(
    // A whole record is nothing to show as news of null keys and the like.
    (change) => before !== undefined || (change.kind === 'added' && change.after !== null),
  )
}

/** The steps of a record, each with the face that it began with. */
export function stepsWithBefore(
  steps: readonly PreviewStep[],
): { step: PreviewStep; before: RecordFace | undefined }[] {
  let face: RecordFace | undefined
  return steps.map((step) => {
    const before = face
    face = step.record ?? face
    return { step, before }
  })
}

/** One sentence about all records: what would become of them. */
export function previewSummary({ records, tolerance }: Preview): string {
  const of = (outcome: string) => records.filter((record) => record.outcome === outcome).length
  const failed = of('failed')
  const fate = tolerance === 'all' ? 'left out, as errors.tolerance says' : 'the task would fail'
  return [
    `${of('kept')} of ${records.length} kept`,
    ...(of('dropped') > 0 ? [`${of('dropped')} dropped`] : []),
    ...(failed > 0 ? [`${failed} failed: ${fate}`] : []),
  ].join(', ')
}

function partsOf(face: RecordFace): Record<string, string | null> {
  const parts: Record<string, string | null> = { topic: face.topic }
  if (face.partition !== null) parts.partition = String(face.partition)
  if (face.timestamp !== null) parts.timestamp = new Date(face.timestamp).toISOString()
  for (const [name, value] of [['key', face.key] as const, ['value', face.value] as const]) addParts(parts, name, value)
  for (const [at, header] of face.headers.entries()) {
    const earlier = face.headers.slice(0, at).filter(({ name }) => name === header.name).length
    parts[`header ${header.name}${earlier > 0 ? ` (${earlier + 1})` : ''}`] = header.text
  }
  return parts
}

function addParts(parts: Record<string, string | null>, name: string, { text, form, cut }: ValueFace): void {
  const members = form === 'json' && text !== null && cut === undefined ? membersOf(text) : undefined
  if (!members || members.size === 0) {
    parts[name] = text
    return
  }
  for (const [member, value] of members) parts[`${name}.${member}`] = value
}
