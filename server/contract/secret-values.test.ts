import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isSecret, secretsIn } from '#server/contract/secret-values.ts'

/** Begins the placeholder of a config provider. */
const dollar = '$'
const isPassword = (key: string) => key === 'pin'

test.each([
  ['pin', '1234', true],
  ['connection.password', 'x', true],
  ['sasl.jaas.config', 'org.apache… required;', true],
  ['aws.secret.access.key', 'x', true],
  ['basic.auth.user.info', 'ada:pw', true],
  ['connection.url', 'postgres://ada:pw@db/shop', true],
  ['connection.url', 'postgres://db/shop', false],
  ['connection.password', `${dollar}{file:/run/secrets:db}`, false],
  ['connection.password', `${dollar}{file:/run/secrets:db}suffix`, true],
  ['connection.password', '', false],
  ['connection.url', 'jdbc:postgresql://db/shop?user=ada&password=pw', true],
  ['connection.url', 'jdbc:sqlserver://db;user=ada;password=pw', true],
  ['connection.url', 'jdbc:postgresql://db/shop?user=ada', false],
  ['ssl.keystore.key', '-----BEGIN PRIVATE KEY-----', true],
  ['login', 'org.example.Login required password="pw";', true],
  ['topic', 'passwords', false],
  ['tokenizer', 'words', false],
])('whether %s=%s is kept from the browser: %s', (key, value, secret) => {
  expect(isSecret(key, value, isPassword)).toBe(secret)
})

test.each([
  ['pin', '1234', ['1234']],
  ['connection.url', 'postgres://ada:p%40w@db/shop', ['p%40w', 'p@w']],
  ['url', 'jdbc:x://db?a=b&sslpassword=1&ssl.key.password=two&password=th%2Free', ['two', 'th%2Free', 'th/ree']],
  ['login', String.raw`m required username="ada" password="a\"b" x="y";`, [String.raw`a\"b`, 'a"b']],
  ['sasl.jaas.config', 'm required password="pw";', ['m required password="pw";', 'pw']],
  ['mongo', 'mongodb://a:one@h1,b:two@h2', ['one', 'two']],
])('of %s=%s, what must not be told is %j', (key, value, secrets) => {
  expect(secretsIn(key, value, isPassword)).toEqual(secrets)
})

test('whatever stands in an address or a login as a password is found, as it is written and as it is meant', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (password) => {
      fc.pre(password.isWellFormed())
      const written = encodeURIComponent(password)
      fc.pre(!/["']/.test(written))
      expect(secretsIn('url', `postgres://ada:${written}@db/shop`, isPassword)).toContain(password)
      expect(secretsIn('url', `jdbc:x://db/shop?a=b&password=${written}&c=d`, isPassword)).toContain(password)
      const escaped = password.replace(/["\\]/g, '\\$&')
      fc.pre(!/[\r\n]/.test(password))
      expect(secretsIn('login', `m required password="${escaped}";`, isPassword)).toContain(password)
    }),
  )
})
