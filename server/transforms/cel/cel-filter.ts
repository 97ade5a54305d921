import { text } from '#server/contract/config-field.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { defineTransform } from '#server/sdk/transform.ts'
import { compileExpression, expressionProblem } from '#server/transforms/cel/expression.ts'
import { sluiceVersion } from '#server/transforms/cel/sluice-version.ts'

const types = ['bool']

export const celFilter = defineTransform({
  class: 'sluice.transforms.CelFilter',
  version: sluiceVersion,
  summary: 'Keeps the records for which a CEL expression is true, and drops the others.',
  config: {
    condition: text({
      doc: 'CEL expression over topic, partition, offset, timestamp, key, value and headers; records for which it is false are dropped. Regular expressions are those of RE2; an expression is stopped when it works on one record for longer than 100 ms, and the record counts as failed.',
      importance: 'high',
      checks: [{ check: 'non-empty' }],
    }),
  },
  example: { condition: 'value.amount > 100.0 && value.country in ["DE", "AT"]' },
  validate({ condition }) {
    const problem = expressionProblem(condition, types)
    return problem === undefined ? {} : { condition: [problem] }
  },
  create({ condition }) {
    const expression = compileExpression(condition, types)
    return {
      apply(record) {
        const kept = expression.evaluate(record)
        if (typeof kept !== 'boolean') throw new DataError('The condition is neither true nor false')
        return kept ? record : null
      },
    }
  },
})
