namespace Cairn.Infra.Tests.Azurite;

/// <summary>Azurite, the storage emulator.</summary>
internal static class AzuriteInstall
{
    // The last one for node 20.
    private static readonly NpmPackage Package = new("azurite", "3.35.0", "dist/src/azurite.js");

    /// <summary>The script to start with node.</summary>
    public static Task<string> FindOrInstallAsync(CancellationToken cancellationToken) => Package.FindOrInstallAsync(cancellationToken);
}
