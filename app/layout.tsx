import type { Metadata, Viewport } from 'next'
import { connection } from 'next/server'
import type { ReactNode } from 'react'
import { fontVariables } from '#app/fonts.ts'
import { Providers } from '#app/providers.tsx'
import '#app/tokens.ts'
import '#app/globals.css'

export const metadata: Metadata = {
  title: { default: 'Sluice', template: '%s · Sluice' },
  description: 'Kafka Connect with a console built in.',
  icons: { icon: '/icon.svg' },
}

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fcfcfd' },
    { media: '(prefers-color-scheme: dark)', color: '#111113' },
  ],
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  // Inline scripts carry the nonce of their answer, so no page is made before it is asked for.
  await connection()
  return (
    // theme.js changes the class and data attributes before React sees them
    <html lang="en" className={fontVariables} suppressHydrationWarning>
      <head>
        <script src="/theme.js" />
      </head>
      <body>
        <Providers>{children}</Providers>
      </body>
    </html>
  )
}
