import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  carries,
  fileSink,
  fileSource,
  type Ground,
  isBalanced,
  type Kind,
  openGround,
  put,
  running,
} from '#e2e/connect/ground.ts'
import { freePort } from '#e2e/harness/free-port.ts'
import { ask, askSettled } from '#e2e/harness/rest.ts'
import type { Properties } from '#e2e/harness/worker-properties.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { type Certificates, makeCertificates } from '#server/kafka/testdata/certificates.ts'

const password = 'changeit'
let made: Certificates
let strangers: Certificates
beforeAll(() => {
  made = makeCertificates()
  strangers = makeCertificates()
  for (const certificates of [made, strangers]) makeStores(certificates)
})
afterAll(() => {
  made?.[Symbol.dispose]()
  strangers?.[Symbol.dispose]()
})

let ground: Ground
afterEach(() => ground?.[Symbol.asyncDispose]())

/** As Java wants them: a password in ASCII, and an authority that is marked as trusted. */
function makeStores({ directory }: Certificates): void {
  const own = ['-inkey', 'key.pem', '-in', 'cert.pem', '-certfile', 'ca.pem', '-passout', `pass:${password}`]
  execFileSync('openssl', ['pkcs12', '-export', ...own, '-out', 'java-keys.p12'], { cwd: directory })
  const trusted = ['-importcert', '-noprompt', '-alias', 'ca', '-file', 'ca.pem', '-storetype', 'PKCS12']
  const store = ['-keystore', 'java-trust.p12', '-storepass', password]
  execFileSync('keytool', [...trusted, ...store], { cwd: directory, stdio: 'ignore' })
}

/** `client.auth` as well: what a worker is to another one is told by its certificate. */
const tls = (keys: Certificates, trust: Certificates): Properties => ({
  'listeners.https.ssl.keystore.type': 'PKCS12',
  'listeners.https.ssl.keystore.location': join(keys.directory, 'java-keys.p12'),
  'listeners.https.ssl.keystore.password': password,
  'listeners.https.ssl.key.password': password,
  'listeners.https.ssl.truststore.type': 'PKCS12',
  'listeners.https.ssl.truststore.location': join(trust.directory, 'java-trust.p12'),
  'listeners.https.ssl.truststore.password': password,
  'listeners.https.ssl.client.auth': 'required',
})

const securedAddress = async () => `127.0.0.1:${await freePort()}`

test.each([
  ['jvm', 'sluice'],
  ['sluice', 'jvm'],
] as const satisfies (readonly [Kind, Kind])[])(
  'a %s leader and a %s follower reach each other over TLS, with the certificates of both',
  async (leader, follower) => {
    ground = openGround(tls(made, made))
    const first = await ground.start(leader, {}, false, await securedAddress())
    const second = await ground.start(follower, {}, false, await securedAddress())
    const pair = [first, second]
    const [from, to, topic] = [ground.file('in.txt'), ground.file('out.txt'), `${ground.group}-lines`]
    writeFileSync(from, '')

    // Forwarded by the follower, whose connectors then hand over their tasks by signed requests.
    await put(second, 'source', fileSource(from, topic))
    const wanted: Record<string, number> = { source: 1, 'sink-0': 2, 'sink-1': 2, 'sink-2': 2, 'sink-3': 2 }
    for (const n of [0, 1, 2, 3]) await put(second, `sink-${n}`, fileSink(n === 0 ? to : ground.file(`${n}`), topic, 2))
    await eventually(async () => isBalanced(await running(first, wanted, pair), pair) || undefined, {
      withinMs: 60_000,
      what: 'the work is shared',
    })
    await carries(from, to, ['over TLS'])

    await put(second, 'sink-3', fileSink(ground.file('3'), topic, 3))
    await running(second, { ...wanted, 'sink-3': 3 }, pair)
    expect(await askSettled(second.url, 'DELETE', '/connectors/sink-2')).toMatchObject({ status: 204 })
  },
)

test('a worker believes no leader whose certificate its own authority did not sign', async () => {
  ground = openGround()
  await ground.start('jvm', tls(made, made), false, await securedAddress())
  const second = await ground.start('sluice', tls(made, strangers), false, await securedAddress())
  const config = fileSink(ground.file('out'), `${ground.group}-t`)
  expect(await ask(second.url, 'PUT', '/connectors/sink/config', config)).toMatchObject({
    status: 500,
    body: { message: expect.stringMatching(/^IO Error trying to forward REST request: .*certificate/) },
  })
})
