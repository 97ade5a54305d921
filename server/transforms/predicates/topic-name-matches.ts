import { text } from '#server/contract/config-field.ts'
import { compilePattern } from '#server/sdk/pattern.ts'
import { definePredicate } from '#server/sdk/transform.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'
import { rememberLast } from '#server/transforms/remember-last.ts'

export const topicNameMatches = definePredicate({
  class: 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
  version: kafkaVersion,
  summary: 'Is true for records of topics whose whole name matches.',
  config: {
    pattern: text({
      doc: "A Java regular expression for matching against the name of a record's topic.",
      importance: 'medium',
      checks: [{ check: 'non-empty' }, { check: 'regex' }],
    }),
  },
  example: { pattern: 'orders-.*' },
  create({ pattern }) {
    const compiled = compilePattern(pattern)
    const matches = rememberLast((topic) => compiled.matches(topic))
    return { test: ({ topic }) => matches(topic) }
  },
})
