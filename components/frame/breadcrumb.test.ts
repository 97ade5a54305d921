import { expect, test } from 'vitest'
import { breadcrumb } from '#components/frame/breadcrumb.ts'

test('shows a connector by its own name, whatever letters it has', () => {
  const crumbs = breadcrumb('/c/local/connectors/a%2Fb%20c', 'local')
  expect(crumbs.map((crumb) => crumb.label)).toEqual(['Connectors', 'a/b c'])
  expect(crumbs[1]?.href).toBe('/c/local/connectors/a%2Fb%20c')
})

test('a malformed address is shown as it is', () => {
  expect(breadcrumb('/c/local/topics/%E0%A4', 'local')[1]?.label).toBe('%E0%A4')
})
