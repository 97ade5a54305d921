import { text } from '#server/contract/config-field.ts'
import { IllegalArgumentError } from '#server/sdk/data-error.ts'
import { fieldSyntaxVersions, parseFieldPath, schemaAt, valueInMap, valueInStruct } from '#server/sdk/field-path.ts'
import { defineForKeyAndValue } from '#server/sdk/operand.ts'
import { requireMap, requireStruct } from '#server/sdk/requirements.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { perSchema } from '#server/sdk/schema-update.ts'
import { fieldReader } from '#server/sdk/struct-copy.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'
import { replaceNullWithDefault } from '#server/transforms/replace-null.ts'

const purpose = 'field extraction'

export const extractField = defineForKeyAndValue({
  class: 'org.apache.kafka.connect.transforms.ExtractField',
  version: kafkaVersion,
  summary: 'Puts one field of a struct or map in the place of the whole.',
  config: {
    field: text({ doc: 'Field name to extract.', importance: 'medium' }),
    'field.syntax.version': text({
      doc: 'Defines the version of the syntax to access fields. If set to <code>V1</code>, then the field paths are limited to access the elements at the root level of the struct or map. If set to <code>V2</code>, the syntax will support accessing nested elements. To access nested elements, dotted notation is used. If dots are already included in the field name, then backtick pairs can be used to wrap field names containing dots. E.g. to access the subfield <code>baz</code> from a field named "foo.bar" in a struct/map the following format can be used to access its elements: "<code>foo.bar</code>.baz".',
      importance: 'high',
      default: 'V1',
      checks: [{ check: 'one-of', values: fieldSyntaxVersions, ignoreCase: true }],
    }),
    'replace.null.with.default': replaceNullWithDefault,
  },
  example: { field: 'customer.id', 'field.syntax.version': 'V2' },
  create(settings, operand) {
    const path = parseFieldPath(settings.field, settings['field.syntax.version'])
    const read = fieldReader(settings['replace.null.with.default'])
    const schemaOfField = perSchema((from: Schema) => {
      const found = schemaAt(from, path)
      if (!found) throw new IllegalArgumentError(`Unknown field: ${path.text}`)
      return found
    })
    return {
      apply(record) {
        const from = operand.schemaOf(record)
        const value = operand.valueOf(record)
        if (from === null) {
          return operand.replace(record, null, value === null ? null : valueInMap(requireMap(value, purpose), path))
        }
        const struct = value === null ? null : requireStruct(value, purpose)
        const schema = schemaOfField(from)
        return operand.replace(record, schema, struct && valueInStruct(struct, path, read))
      },
    }
  },
})
