import { z } from 'zod'
import { type ConnectorConfig, logLevels } from '#server/contract/connector.ts'
import type { Problem } from '#server/contract/errors.ts'
import { eventKinds } from '#server/contract/events.ts'
import { mostPreviewed } from '#server/contract/preview.ts'
import { recordFormats } from '#server/contract/topics.ts'

/** What comes from outside, parsed where it enters; limits are those of the workers' safe profile (S-13). */
const name = z.string().min(1).max(1_000)
const shortText = z.string().max(1_000)
const count = z.number().int().min(0)

export const onCluster = z.object({ cluster: name })
export const named = z.object({ name })
export const ofNames = z.object({ names: z.array(name).max(500) })
export const ofPlugin = z.object({ plugin: name })
export const ofTopic = z.object({ topic: name })

const mostKeys = 2_000
const longestValue = 64 * 1024
/** Keys that reach into JavaScript's prototypes when a careless merge meets them (S-22). */
const poison: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** What is wrong with something that should be a connector's config. */
export function configProblems(value: unknown): Problem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ field: '', message: 'A config is a JSON object of texts.' }]
  }
  const entries = Object.entries(value)
  if (entries.length > mostKeys) return [{ field: '', message: `A config has at most ${mostKeys} keys.` }]
  return entries.flatMap(([field, text]): Problem[] => {
    if (poison.has(field)) return [{ field, message: 'This key is not allowed.' }]
    if (text !== null && typeof text !== 'string') return [{ field, message: 'The value has to be a text.' }]
    if (text !== null && text.length > longestValue) {
      return [{ field, message: `The value is longer than ${longestValue} characters.` }]
    }
    return []
  })
}

const config = z.custom<ConnectorConfig>().superRefine((value, ctx) => {
  for (const { field, message } of configProblems(value)) {
    ctx.addIssue({ code: 'custom', message, path: field === '' ? [] : [field] })
  }
})

export const withConfig = z.object({ config })
export const toValidate = z.object({ plugin: name, config, name: name.exactOptional() })
export const toPreview = toValidate.extend({
  limit: count.min(1).max(mostPreviewed),
  records: z
    .array(
      z.object({
        topic: name.exactOptional(),
        key: z.string().max(longestValue).nullable().exactOptional(),
        value: z.string().max(longestValue).nullable().exactOptional(),
      }),
    )
    .max(mostPreviewed)
    .exactOptional(),
})
export const toRestart = named.extend({ includeTasks: z.boolean(), onlyFailed: z.boolean() })
export const ofTask = named.extend({ task: count })
export const toLogLevel = named.extend({
  set: z.object({ level: z.enum(logLevels), forSeconds: count.min(1).max(86_400) }).nullable(),
})

const ofEntries = z.object({
  connector: name,
  kinds: z.array(z.enum(eventKinds)),
  level: z.enum(logLevels).exactOptional(),
  text: shortText.exactOptional(),
  task: count.exactOptional(),
  worker: shortText.exactOptional(),
  attempt: count.exactOptional(),
})
const entryId = z.string().regex(/^(own|\d+)-\d{1,15}$/)
export const ofEvents = ofEntries.extend({
  limit: count.min(1).max(1_000),
  /** The `older` of another page. */
  cursor: z
    .string()
    .regex(/^\d{1,15}$/)
    .nullish(),
})
export const newest = z.object({ limit: count.min(1).max(200) })

const records = z.object({
  topic: name,
  partition: count.exactOptional(),
  contains: shortText.exactOptional(),
  format: z.enum(recordFormats),
})

export const toRead = records.extend({
  from: z.discriminatedUnion('at', [
    z.object({ at: z.literal('newest') }),
    z.object({ at: z.literal('oldest') }),
    z.object({ at: z.literal('offset'), offset: count }),
    z.object({ at: z.literal('time'), ms: count }),
  ]),
  limit: count.min(1).max(1_000),
})

/** A subscription that goes on behind the last event a browser has seen. */
export const resumable = z.object({ lastEventId: z.string().max(1_000_000).nullish() })

export const toFollow = ofEntries.extend({ after: entryId.exactOptional(), lastEventId: entryId.nullish() })

export const toTail = records.extend({ backlog: count.max(1_000) }).extend(resumable.shape)

const bytes = z.string().max(1_000_000)

export const toProduce = z.object({
  topic: name,
  partition: count.exactOptional(),
  key: bytes.nullable(),
  value: bytes.nullable(),
  headers: z.array(z.object({ name: shortText, value: bytes })).max(100),
})

export const ofPage = z.object({ page: name })
export const view = ofPage.extend({ name: z.string().trim().min(1).max(100), query: z.string().max(4_000) })
export const byId = z.object({ id: name })
export const ofWorker = z.object({ id: count })
export const ofWorkerId = z.object({ worker: name })
export const ofAssignments = z.object({
  connector: name.exactOptional(),
  worker: name.exactOptional(),
  limit: count.min(1).max(200),
  /** The `older` of the page before. */
  cursor: shortText.nullish(),
})

const url = z.url({ protocol: /^https?$/, error: 'A worker is reached by an http or https URL.' })

export const clusterSettings = z.object({
  slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Use small letters, digits and dashes.'),
  name: z.string().trim().min(1).max(100),
  workerUrls: z.array(url).min(1).max(100),
  bootstrapServers: shortText.exactOptional(),
  registryUrl: url.exactOptional(),
})

export const bySlug = z.object({ slug: name })
