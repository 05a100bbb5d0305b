// What the Functions host and the service report. Only identities may send to it: the key in the connection string is refused.

@description('Name of the component.')
param name string

@description('Azure region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Resource id of the Log Analytics workspace that keeps the data.')
param workspaceId string

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: name
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspaceId
    DisableLocalAuth: true
  }
}

@description('Name of the component. Its connection string is read where it is needed, so that it lies in no deployment\'s outputs.')
output name string = component.name
