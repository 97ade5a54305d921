import type { AnyTRPCProcedure } from '@trpc/server'
import { expect, test } from 'vitest'
import { rights, roles } from '#server/console/access.ts'
import { appRouter } from '#server/trpc/root.ts'

/** Flat by path; the type mirrors the nested router. */
const procedures = Object.entries(appRouter._def.procedures as unknown as Record<string, AnyTRPCProcedure>)
const rightOf = (meta: unknown): string => (meta as { right?: string } | undefined)?.right ?? ''
const all = new Set<string>(roles.flatMap((role) => rights[role]))

test('every procedure names a right that some role has (S-17)', () => {
  expect(procedures.length).toBeGreaterThan(30)
  const without = procedures.flatMap(([path, { _def }]) => {
    return all.has(rightOf(_def.meta)) ? [] : [path]
  })
  expect(without).toEqual([])
})

test('every right is needed by some procedure', () => {
  const used = new Set(procedures.map(([, { _def }]) => rightOf(_def.meta)))
  expect([...all].filter((right) => !used.has(right))).toEqual([])
})

test('a change needs more than a right to read', () => {
  const loose = procedures.flatMap(([path, { _def }]) => {
    return _def.type === 'mutation' && rightOf(_def.meta).endsWith(':read') ? [path] : []
  })
  expect(loose).toEqual([])
})
