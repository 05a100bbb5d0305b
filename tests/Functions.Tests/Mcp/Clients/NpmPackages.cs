using System.ComponentModel;
using Cairn.Infra.Tests.Azurite;

namespace Cairn.Functions.Tests.Mcp.Clients;

/// <summary>What tests need of npm, where there is npm.</summary>
internal static class NpmPackages
{
    /// <summary>The script to start with node; a test that cannot have it is skipped.</summary>
    public static async Task<string> FindOrSkipAsync(this NpmPackage package)
    {
        try
        {
            return await package.FindOrInstallAsync(TestContext.Current.CancellationToken);
        }
        catch (Exception missing) when (missing is Win32Exception or InvalidOperationException)
        {
            Assert.Skip($"needs node, and npm with {package.Name} {package.Version}: {missing.Message}");
            throw;
        }
    }
}
