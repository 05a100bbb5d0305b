// Breaks each rule once, for the test of the rules.
param name string

@description('A key.')
@secure()
param password string

resource storage 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: name
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: name
}

resource owner 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid('owner')
  scope: storage
  properties: {
    principalId: name
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635')
  }
}

@description('Of the whole group.')
resource wide 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid('wide')
  properties: {
    principalId: name
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b')
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: 'westeurope'
  properties: {
    siteConfig: { appSettings: [{ name: 'CAIRN_UNKNOWN', value: '1' }, { name: 'CAIRN_CONTAINER', value: 'cairn' }] }
  }
}

output key string = storage.listKeys().keys[0].value

@description('Where telemetry goes.')
output telemetry string = insights.properties.ConnectionString

@description('A key.')
output password string = password
