'use client'
import { Failure } from '#components/ui/failure.tsx'

/** A defect in a page: it says so and lets the rest of the console live. */
export default function PageError({ error, reset }: { error: Error; reset: () => void }) {
  return (
    <Failure
      trouble={{ message: error.message, hint: 'This page failed to draw. Try again; if it stays, please report it.' }}
      retry={reset}
    />
  )
}
