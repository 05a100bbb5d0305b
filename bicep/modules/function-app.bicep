// The app on Flex Consumption, with the program as its custom handler.

@description('Name of the app, unique in Azure.')
param name string

@description('Name of its plan.')
param planName string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the identity that the app runs as.')
param identityId string

@description('Client id of that identity.')
param identityClientId string

@description('Name of the storage account.')
param storageName string

@description('Container of the data.')
param dataContainerName string

@description('Container of the packages of code.')
param packageContainerName string

@description('Name of the Application Insights component.')
param insightsName string

@description('Host name of the Event Hubs namespace; empty: there is none.')
param hubHost string

@description('Name of the hub in it; empty: there is none.')
param hubName string

@description('Partitions of that hub; 0: there is none.')
param hubPartitionCount int

@description('Which life of that hub it is; empty: there is none.')
param hubLife string

@description('Address of the Cosmos DB account; empty: there is none.')
param cosmosEndpoint string

@description('Resource id of the subnet for its instances; empty: they are in no network of ours.')
param subnetId string

@description('Memory of an instance, in MB.')
param instanceMemoryMB int

@description('Most instances at a time.')
param maximumInstanceCount int

@description('Instances kept running for HTTP.')
param alwaysReadyInstances int

@description('Requests that one instance takes at a time.')
param requestsPerInstance int

@description('Further host names of the service, separated by semicolons.')
param allowedHosts string

@description('Whether the first write to a space creates it.')
param autoCreateSpaces bool

@description('What makes vectors of concepts that have none: hashing, none, or the address of a service.')
param embedding string

@description('The model of that service; empty where there is none.')
param embeddingModel string

@description('Client id of the app registration whose access tokens are taken; empty: keys only.')
param entraAudience string

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageName
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: { minTlsVersion: '1.2' }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${packageContainerName}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId }
        }
      }
      runtime: { name: 'custom', version: '1.0' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances > 0 ? [{ name: 'http', instanceCount: alwaysReadyInstances }] : []
        triggers: { http: { perInstanceConcurrency: requestsPerInstance } }
      }
    }
  }

  // Passwords for publishing are off; code comes by identity.
  resource noFtp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource noPasswords 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  // Each name is read by the program (docs/operations.md) or by the Functions host.
  resource settings 'config' = {
    name: 'appsettings'
    properties: {
      AzureWebJobsStorage__accountName: storage.name
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identityClientId
      APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
      // Where ingest goes, and the connection of the trigger ingest-events. Empty is as if it were not set.
      CAIRN_HUB__fullyQualifiedNamespace: hubHost
      CAIRN_HUB__credential: empty(hubHost) ? '' : 'managedidentity'
      CAIRN_HUB__clientId: empty(hubHost) ? '' : identityClientId
      CAIRN_HUB_NAME: hubName
      CAIRN_HUB_LIFE: hubLife
      CAIRN_HUB_PARTITIONS: empty(hubHost) ? '' : string(hubPartitionCount)
      CAIRN_CONTAINER: dataContainerName
      CAIRN_ENTRA_TENANT: empty(entraAudience) ? '' : tenant().tenantId
      CAIRN_ENTRA_AUDIENCE: entraAudience
      CAIRN_COSMOS: cosmosEndpoint
      CAIRN_ALLOWED_HOSTS: allowedHosts
      CAIRN_AUTO_CREATE: string(autoCreateSpaces)
      CAIRN_EMBEDDING: embedding
      CAIRN_EMBEDDING_MODEL: embeddingModel
    }
  }
}

@description('Name of the app.')
output name string = app.name

@description('Where it answers.')
output url string = 'https://${app.properties.defaultHostName}'
