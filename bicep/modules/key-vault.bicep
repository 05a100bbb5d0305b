// Holds the one secret of a deployment, the key that callers send. The app refers to it; nothing but the vault has its value.

@description('Name of the vault, unique in Azure.')
@minLength(3)
@maxLength(24)
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Whether it answers outside of the virtual network.')
param publicNetworkAccess string

@description('The key. Empty: the one that is there stays.')
@secure()
param apiKey string

var keyName = 'cairn-api-key'

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
      bypass: 'None'
    }
  }
}

resource key 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(apiKey)) {
  parent: vault
  name: keyName
  properties: {
    value: apiKey
    contentType: 'text/plain'
  }
}

@description('Resource id, for a private endpoint.')
output id string = vault.id

@description('Name of the vault.')
output name string = vault.name

@description('Name of the key in the vault.')
output keyName string = keyName

@description('Address of the key, not its value. Without a version: the app takes a new value by itself, within a day.')
output keyUri string = '${vault.properties.vaultUri}secrets/${keyName}'
