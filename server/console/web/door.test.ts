import { expect, test } from 'vitest'
import { createDoor, type Knock } from '#server/console/web/door.ts'

const door = createDoor(['console.example'])
const json = { 'content-type': 'application/json; charset=utf-8' }
const knock = (headers: Knock['headers'], rest: Partial<Knock> = {}) =>
  door({ method: 'GET', api: false, ...rest, headers: { host: '127.0.0.1:3000', ...headers } })
const change = { method: 'POST', api: true }

test.each(['127.0.0.1:3000', 'localhost', 'LOCALHOST:3000', '[::1]:3000', 'console.example:443'])(
  'the console answers to %s',
  (host) => expect(() => knock({ host })).not.toThrow(),
)

test.each(['evil.example', '127.0.0.1.evil.example', 'localhost.', '10.0.0.1:3000', '', '[::1].evil.example'])(
  'another Host is refused, for pages and procedures: %s',
  (host) => {
    for (const api of [false, true]) {
      expect(() => knock({ host }, { api })).toThrow(expect.objectContaining({ code: 'ORIGIN_REFUSED', status: 403 }))
    }
  },
)

test.each([
  { origin: 'http://evil.example', ...json },
  { origin: 'null', ...json },
  { origin: 'http://127.0.0.1:8080', ...json },
  { 'sec-fetch-site': 'cross-site', ...json },
  { 'sec-fetch-site': 'same-site', ...json },
])('a page from elsewhere may neither change nor ask: %j', (headers) => {
  expect(() => knock(headers, change)).toThrow(expect.objectContaining({ code: 'ORIGIN_REFUSED' }))
  expect(() => knock(headers, { api: true })).toThrow(expect.objectContaining({ code: 'ORIGIN_REFUSED' }))
})

test('the own page may change, and so may a program, which sends no Origin', () => {
  expect(() =>
    knock({ origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-origin', ...json }, change),
  ).not.toThrow()
  expect(() => knock(json, change)).not.toThrow()
})

test.each([
  undefined,
  'text/plain',
  'multipart/form-data',
  'application/x-www-form-urlencoded',
  'text/plain;application/json',
])('a change that is not JSON is refused: %s', (type) => {
  expect(() => knock(type === undefined ? {} : { 'content-type': type }, change)).toThrow(
    expect.objectContaining({ code: 'MEDIA_TYPE_UNSUPPORTED' }),
  )
})

test('pages are only read, and a link from another site may lead to one', () => {
  expect(() => knock(json, { method: 'POST' })).toThrow(expect.objectContaining({ code: 'METHOD_NOT_ALLOWED' }))
  expect(() => knock({ 'sec-fetch-site': 'cross-site' })).not.toThrow()
})
