import type { ConfigField, FieldCheck, Fields } from '#server/contract/config-field.ts'
import { describeField } from '#server/core/config-def.ts'

/** A table of settings in Markdown: one row a setting, its rules behind its text. */
export function fieldTable(fields: Fields): string[] {
  return [
    '| setting | type | default | importance | what it is |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries(fields).map(([name, field]) => row(name, field)),
  ]
}

function row(name: string, field: ConfigField): string {
  const { required, defaultValue, importance } = describeField(name, field)
  const fallback = required ? '*required*' : defaultValue === null || defaultValue === '' ? '–' : `\`${defaultValue}\``
  const rules = (field.checks ?? []).map(ruleOf).filter((rule) => rule !== '')
  const instead = field.deprecated === undefined ? [] : [`Deprecated: use \`${field.deprecated}\`.`]
  const text = [field.doc.replace(/\.?$/, '.'), ...rules, ...instead].join(' ').replaceAll('|', '\\|')
  return `| \`${name}\` | ${field.type.toLowerCase()} | ${fallback} | ${importance.toLowerCase()} | ${text} |`
}

function ruleOf(check: FieldCheck): string {
  if (check.check === 'one-of') return `One of ${check.values.map((value) => `\`${value}\``).join(', ')}.`
  if (check.check !== 'range') return ''
  const { min, max } = check
  if (min === undefined) return max === undefined ? '' : `At most ${max}.`
  return max === undefined ? `At least ${min}.` : `From ${min} to ${max}.`
}
