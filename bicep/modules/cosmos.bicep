// The index of lookups: answers reads by id and by attribute while an instance has not loaded the space. Serverless: paid by the request, nothing at rest but its bytes.

@description('Name of the account, unique in Azure.')
@maxLength(44)
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Whether it answers outside of the virtual network.')
param publicNetworkAccess string

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    capabilities: [{ name: 'EnableServerless' }]
    // A reader that sees how far the index was brought must see all that was written before: weaker levels are not used.
    consistencyPolicy: { defaultConsistencyLevel: 'Strong' }
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: false }]
    disableLocalAuth: true
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: publicNetworkAccess
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-11-15' = {
  parent: account
  name: 'cairn'
  properties: { resource: { id: 'cairn' } }
}

// By incarnation first: one life of a space can be read, and deleted, by a prefix of the key. Then by id, so that no space outgrows a partition.
resource lookups 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-11-15' = {
  parent: database
  name: 'lookups'
  properties: {
    resource: {
      id: 'lookups'
      partitionKey: { kind: 'MultiHash', version: 2, paths: ['/incarnation', '/id'] }
      // Tombstones, and what has expired, go by a time of their own.
      defaultTtl: -1
      indexingPolicy: {
        indexingMode: 'consistent'
        automatic: true
        includedPaths: [
          { path: '/incarnation/?' }
          { path: '/key/?' }
          { path: '/state/?' }
          { path: '/labels/*' }
          { path: '/attributes/*' }
        ]
        excludedPaths: [{ path: '/*' }]
      }
    }
  }
}

@description('Resource id, for a private endpoint.')
output id string = account.id

@description('Name of the account.')
output name string = account.name

@description('Name of the database.')
output databaseName string = database.name

@description('Name of the container.')
output containerName string = lookups.name

@description('Where it answers.')
output endpoint string = account.properties.documentEndpoint
