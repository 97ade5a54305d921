import { expect, test } from 'vitest'
import { restSettings } from '#server/rest/rest-settings.ts'

test('S-01: binds loopback unless the settings say where else', () => {
  expect(restSettings({}).listeners).toEqual(['http://127.0.0.1:8083'])
  expect(restSettings({ listeners: 'http://:8083, http://h:1' }).listeners).toEqual(['http://:8083', 'http://h:1'])
})

test('knows three places for admin endpoints: with the others, nowhere, and apart', () => {
  expect(restSettings({}).adminListeners).toBeUndefined()
  expect(restSettings({ 'admin.listeners': '' }).adminListeners).toEqual([])
  expect(restSettings({ 'admin.listeners': 'http://127.0.0.1:1' }).adminListeners).toEqual(['http://127.0.0.1:1'])
})

test('a worker may be called by the name it advertises and by those it is told', () => {
  const settings = { 'rest.advertised.host.name': 'a.example', 'sluice.rest.allowed.hosts': 'b, c' }
  expect(restSettings(settings).allowedHosts).toEqual(['a.example', 'b', 'c'])
})

test.each([
  { 'sluice.profile': 'open' },
  { 'sluice.rest.request.timeout.ms': '0' },
  { 'response.http.headers.config': 'nonsense' },
])('refuses %o in words that name the setting', (settings) => {
  expect(() => restSettings(settings)).toThrow(Object.keys(settings)[0])
})
