import type { PredicatePlugin, TransformPlugin } from '#server/sdk/transform.ts'
import { cast } from '#server/transforms/cast.ts'
import { celFilter } from '#server/transforms/cel/cel-filter.ts'
import { celMap } from '#server/transforms/cel/cel-map.ts'
import { dropHeaders } from '#server/transforms/drop-headers.ts'
import { extractField } from '#server/transforms/extract-field.ts'
import { filter } from '#server/transforms/filter.ts'
import { flatten } from '#server/transforms/flatten.ts'
import { headerFrom } from '#server/transforms/header-from.ts'
import { hoistField } from '#server/transforms/hoist-field.ts'
import { insertField } from '#server/transforms/insert-field.ts'
import { insertHeader } from '#server/transforms/insert-header.ts'
import { maskField } from '#server/transforms/mask-field.ts'
import { hasHeaderKey } from '#server/transforms/predicates/has-header-key.ts'
import { recordIsTombstone } from '#server/transforms/predicates/record-is-tombstone.ts'
import { topicNameMatches } from '#server/transforms/predicates/topic-name-matches.ts'
import { regexRouter } from '#server/transforms/regex-router.ts'
import { replaceField } from '#server/transforms/replace-field.ts'
import { setSchemaMetadata } from '#server/transforms/set-schema-metadata.ts'
import { timestampConverter } from '#server/transforms/timestamp-converter.ts'
import { timestampRouter } from '#server/transforms/timestamp-router.ts'
import { valueToKey } from '#server/transforms/value-to-key.ts'

/** Every transform that comes with Sluice. */
export const transforms: readonly TransformPlugin[] = [
  ...cast,
  dropHeaders,
  ...extractField,
  filter,
  ...flatten,
  ...headerFrom,
  ...hoistField,
  ...insertField,
  insertHeader,
  ...maskField,
  regexRouter,
  ...replaceField,
  ...setSchemaMetadata,
  ...timestampConverter,
  timestampRouter,
  valueToKey,
  celFilter,
  celMap,
]

/** Every predicate that comes with Sluice. */
export const predicates: readonly PredicatePlugin[] = [hasHeaderKey, recordIsTombstone, topicNameMatches]
