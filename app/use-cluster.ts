'use client'
import { useParams } from 'next/navigation'

/** A part of the address as it was meant, whatever letters are in it. */
export function useRouteParam(name: string): string {
  const value = useParams()[name]
  const text = Array.isArray(value) ? (value[0] ?? '') : (value ?? '')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The slug of the cluster that this page is about. */
export const useCluster = (): string => useRouteParam('cluster')
