// Storage in three zones, a private network, and two instances that are always there.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'prod')
param location = readEnvironmentVariable('AZURE_LOCATION')
param entraAudience = readEnvironmentVariable('CAIRN_ENTRA_AUDIENCE', '')
param storageSku = 'Standard_ZRS'
param softDeleteDays = 7
param maximumInstanceCount = 100
param alwaysReadyInstances = 2
param usePrivateNetwork = true
param logRetentionDays = 90
param logDailyCapGB = 5
