/** @type {import('next').NextConfig} */
const config = {
  poweredByHeader: false,
  reactStrictMode: true,
  // The console's own server compresses nothing either: event streams stay streams, and it speaks to loopback.
  compress: false,
  // Pages use no image that would need one, and an optimiser fetches what it is told to (S-18).
  images: { unoptimized: true },
  // `npm run check` types the whole tree once.
  typescript: { ignoreBuildErrors: true },
  // `npm run dev` answers under this name too.
  allowedDevOrigins: ['127.0.0.1'],
}

export default config
