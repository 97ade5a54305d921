-- CreateTable
CREATE TABLE "Cluster" (
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "workerUrls" TEXT[],
    "kafka" JSONB NOT NULL DEFAULT '{}',
    "registryUrl" TEXT,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Cluster_pkey" PRIMARY KEY ("slug")
);

-- CreateTable
CREATE TABLE "ConfigVersion" (
    "id" TEXT NOT NULL,
    "cluster" TEXT NOT NULL,
    "connector" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "config" JSONB,
    "changed" TEXT[],
    "restored" INTEGER,
    "author" TEXT,
    "reason" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ConfigVersion_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "SavedView" (
    "id" TEXT NOT NULL,
    "cluster" TEXT NOT NULL,
    "page" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "query" TEXT NOT NULL,
    "createdAt" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "SavedView_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "ConfigVersion_cluster_at_idx" ON "ConfigVersion"("cluster", "at");

-- CreateIndex
CREATE UNIQUE INDEX "ConfigVersion_cluster_connector_version_key" ON "ConfigVersion"("cluster", "connector", "version");

-- CreateIndex
CREATE UNIQUE INDEX "SavedView_cluster_page_name_key" ON "SavedView"("cluster", "page", "name");
