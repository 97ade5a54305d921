import type { ReactNode } from 'react'
import { Frame } from '#app/c/[cluster]/frame.tsx'
import { LiveProvider } from '#app/live.tsx'

export default async function ClusterLayout({
  children,
  params,
}: {
  children: ReactNode
  params: Promise<{ cluster: string }>
}) {
  const cluster = decodeURIComponent((await params).cluster)
  return (
    <LiveProvider cluster={cluster}>
      <Frame cluster={cluster}>{children}</Frame>
    </LiveProvider>
  )
}
