import Ajv2020 from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { openApiDocument } from '#server/rest/openapi/document.ts'
import { operations } from '#server/rest/openapi/operations.ts'
import { schemas } from '#server/rest/openapi/schemas.ts'
import { routes } from '#server/rest/routes.ts'

test('the document tells of every route but those between workers, and of no other', () => {
  const served = routes.filter(({ kind }) => kind !== 'internal').map(({ method, path }) => `${method} ${path}`)
  expect(Object.keys(operations).sort()).toEqual(served.sort())
})

test('every operation has a name of its own, and every part of a path one', () => {
  const ids = Object.values(operations).map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  const paths = Object.keys(openApiDocument('1').paths)
  expect(paths.filter((path) => /\{(c|n|)\}/.test(path))).toEqual([])
})

test('every schema is one, every reference leads to one, and each is used', () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
  ajv.addVocabulary(['components'])
  const root = { $id: 'api', components: { schemas } }
  ajv.addSchema(root)
  for (const name of Object.keys(schemas)) ajv.compile({ $ref: `api#/components/schemas/${name}` })
  const used = new Set(
    [...JSON.stringify(openApiDocument('1')).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name),
  )
  expect(Object.keys(schemas).filter((name) => !used.has(name))).toEqual([])
  expect([...used].filter((name) => name === undefined || !(name in schemas))).toEqual([])
})
