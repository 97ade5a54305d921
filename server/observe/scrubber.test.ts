import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LogRecord } from '#server/observe/log-record.ts'
import { createScrubber, scrubbed } from '#server/observe/scrubber.ts'

const secrets = fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme' }).filter((text) => text.isWellFormed())

test('S-09: a registered secret leaves in none of its encodings', () => {
  fc.assert(
    fc.property(secrets, fc.string(), fc.string(), (secret, before, after) => {
      const scrubber = createScrubber()
      scrubber.add(secret)
      const whole = Buffer.from(`${before.slice(0, 5)}${secret}${after.slice(0, 5)}`).toString('base64')
      for (const form of [secret, encodeURIComponent(secret), JSON.stringify({ password: secret })]) {
        expect(scrubber.scrub(`x ${form} y`)).not.toContain(form.includes(secret) ? secret : form)
      }
      if (Buffer.byteLength(secret) >= 6) expect(scrubber.scrub(whole)).toContain('[hidden]')
    }),
  )
})

test('forgets a secret when everyone who registered it has', () => {
  const scrubber = createScrubber()
  const forget = [scrubber.add('hunter2'), scrubber.add('hunter2')]
  forget[0]?.()
  forget[0]?.()
  expect(scrubber.scrub('hunter2')).toBe('[hidden]')
  forget[1]?.()
  expect(scrubber.scrub('hunter2')).toBe('hunter2')
})

test('scrubs messages and traces on their way to a sink', () => {
  const records: LogRecord[] = []
  const scrubber = createScrubber()
  scrubber.add('hunter2')
  scrubbed(scrubber, (record) => records.push(record))({
    at: 0,
    level: 'INFO',
    logger: 'l',
    message: 'login hunter2',
    trace: 'Error: hunter2',
  })
  expect(records[0]).toMatchObject({ message: 'login [hidden]', trace: 'Error: [hidden]' })
})
