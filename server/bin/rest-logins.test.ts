import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readLogins } from '#server/bin/rest-logins.ts'
import { readSettings } from '#server/bin/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'sluice-logins-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const credentials = file('credentials.properties', '# who\nalice=pässword\nbob : with space\n')
const module = `org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule required file="${credentials}";`
const extension = 'org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension'

const logins = (jaas: string, classes = extension) =>
  readLogins(
    readSettings({
      args: [`--rest.extension.classes=${classes}`, `--java.security.auth.login.config=${file('jaas.conf', jaas)}`],
      env: {},
    }),
  )

test('names and passwords come from the file that the entry KafkaConnect names', () => {
  const jaas = `// ours\nOther { a.B required; };\n/* KafkaConnect { no.Such required; }; */\nKafkaConnect {\n  ${module}\n};\n`
  expect([...(logins(jaas) ?? [])]).toEqual([
    ['alice', 'pässword'],
    ['bob', 'with space'],
  ])
  expect(readLogins(readSettings({ args: [], env: {} }))).toBeUndefined()
})

test.each([
  ['an extension that nobody has', `KafkaConnect { ${module} };`, 'my.Extension', /names my\.Extension/],
  ['a file without the entry', `Kafka { ${module} };`, extension, /no entry KafkaConnect/],
  ['an entry that is none', 'KafkaConnect { what };', extension, /cannot be read/],
  ['another module', 'KafkaConnect { a.LdapLoginModule required; };', extension, /LdapLoginModule/],
  ['a module without a file', 'KafkaConnect { a.PropertyFileLoginModule required; };', extension, /the option file/],
  [
    'a file that is not there',
    'KafkaConnect { a.PropertyFileLoginModule required file="/no/such"; };',
    extension,
    /ENOENT/,
  ],
])('%s stops the worker with words', (_, jaas, classes, words) => {
  expect(() => logins(jaas, classes)).toThrow(words)
})

test('a file without anybody lets nobody in, but is a mistake', () => {
  const empty = file('empty.properties', '# nobody\n')
  expect(() => logins(`KafkaConnect { a.PropertyFileLoginModule required file="${empty}"; };`)).toThrow(/no name/)
})
