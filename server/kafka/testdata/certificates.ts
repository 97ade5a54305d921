import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An authority, and a certificate for `127.0.0.1` and `localhost` that it vouches for, made by openssl for a test. */
export interface Certificates extends Disposable {
  directory: string
  /** Of PEM files: authority, certificate, key, key under `password`. */
  pem(name: 'ca.pem' | 'ca-key.pem' | 'cert.pem' | 'key.pem' | 'locked-key.pem'): string
  /** Paths of PKCS #12 stores under `password`. */
  keyStore: string
  trustStore: string
  /** As old tools encrypted it: 3DES. */
  oldKeyStore: string
}

export const storePassword = 'pässword'

export function makeCertificates(): Certificates {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-certificates-'))
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] })
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost'
  openssl('req', '-x509', ...curve, '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-subj', '/CN=test authority', '-days', '2')
  openssl('req', ...curve, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=broker', '-addext', names)
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-copy_extensions', 'copy', '-days', '2']
  openssl('x509', '-req', '-in', 'request.pem', ...signing, '-out', 'cert.pem')
  const pass = `pass:${storePassword}`
  openssl('pkcs8', '-topk8', '-in', 'key.pem', '-out', 'locked-key.pem', '-passout', pass)
  const own = ['-inkey', 'key.pem', '-in', 'cert.pem', '-certfile', 'ca.pem', '-passout', pass]
  openssl('pkcs12', '-export', ...own, '-out', 'keystore.p12')
  const old = ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']
  openssl('pkcs12', '-export', ...own, ...old, '-out', 'old-keystore.p12')
  openssl('pkcs12', '-export', '-nokeys', '-in', 'ca.pem', '-passout', pass, '-out', 'truststore.p12')
  return {
    directory,
    pem: (name) => readFileSync(join(directory, name), 'utf8'),
    keyStore: join(directory, 'keystore.p12'),
    trustStore: join(directory, 'truststore.p12'),
    oldKeyStore: join(directory, 'old-keystore.p12'),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  }
}
