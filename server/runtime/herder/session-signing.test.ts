import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConnectError } from '#server/contract/errors.ts'
import { createConfigFold } from '#server/core/config-fold.ts'
import { ALGORITHM_HEADER, checkSignature, SIGNATURE_HEADER } from '#server/rest/signature.ts'
import { createSessionSigning } from '#server/runtime/herder/session-signing.ts'
import type { GroupView } from '#server/runtime/membership.ts'

const algorithms = ['HmacMD5', 'HmacSHA1', 'HmacSHA224', 'HmacSHA256', 'HmacSHA384', 'HmacSHA512']
const outside: GroupView = { state: 'outside' }
const memberOf = (protocol: string): GroupView => ({
  ...{ state: 'member', generation: 1, protocol, isLeader: true, leaderUrl: 'http://a/', delayUntil: 0 },
})

function signing(options: {
  key?: Buffer
  algorithm?: string
  protocol?: 'eager' | 'compatible' | 'sessioned'
  view?: GroupView
}) {
  const fold = createConfigFold()
  if (options.key) {
    const sessionKey = { key: options.key.toString('base64'), algorithm: 'HmacSHA256', createdAt: 0 }
    fold.apply({ kind: 'session-key', sessionKey }, 0)
  }
  return createSessionSigning({
    configs: fold,
    membership: { view: () => options.view ?? memberOf('sessioned') },
    config: {
      group: { protocol: options.protocol ?? 'sessioned' },
      signing: { algorithm: options.algorithm ?? 'HmacSHA256' },
    } as never,
  })
}

const headersOf = ({ signature, algorithm }: { signature: string; algorithm: string }) =>
  new Headers({ [SIGNATURE_HEADER]: signature, [ALGORITHM_HEADER]: algorithm })

describe('what a worker signs', () => {
  test('the door of every worker with the same session key lets through, and no other one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...algorithms),
        fc.uint8Array({ minLength: 16, maxLength: 64 }),
        fc.uint8Array(),
        (algorithm, key, body) => {
          const own = signing({ key: Buffer.from(key), algorithm })
          const signed = own.sign(body)
          if (!signed) throw new Error('nothing was signed')
          checkSignature(headersOf(signed), body, own.sessionKey(), algorithms)
          const foreign = signing({ key: Buffer.from([...key, 1]), algorithm })
          expect(() => checkSignature(headersOf(signed), body, foreign.sessionKey(), algorithms)).toThrow(ConnectError)
          const changed = Buffer.from([...body, 0])
          expect(() => checkSignature(headersOf(signed), changed, own.sessionKey(), algorithms)).toThrow(
            'Internal request contained invalid signature.',
          )
        },
      ),
    )
  })

  test('is refused while the key is not known yet', () => {
    const own = signing({})
    expect(own.sessionKey()).toBeUndefined()
    expect(() => own.sign(Buffer.from('{}'))).toThrow(expect.objectContaining({ code: 'SESSION_KEY_UNKNOWN' }))
  })
})

describe('nothing is signed', () => {
  test('when the group agreed on a protocol without signatures, whatever this worker offers', () => {
    const own = signing({ key: Buffer.alloc(32, 1), view: memberOf('compatible') })
    expect(own.sessionKey()).toBeNull()
    expect(own.sign(Buffer.from('{}'))).toBeUndefined()
  })

  test('by a worker outside its group that does not offer signatures', () => {
    expect(signing({ key: Buffer.alloc(32, 1), view: outside, protocol: 'compatible' }).sessionKey()).toBeNull()
    expect(signing({ key: Buffer.alloc(32, 1), view: outside }).sessionKey()).toMatchObject({ algorithm: 'HmacSHA256' })
  })
})
