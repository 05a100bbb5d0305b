using System.Reflection;

namespace Cairn.Infra.Tests;

/// <summary>An embedded memory must not bring a cloud SDK or a web server into the program that hosts it.</summary>
public sealed class EmbeddedFootprintTests
{
    [Theory]
    [InlineData("Cairn.Infra.Local")]
    [InlineData("Cairn.Embedded")]
    public void References_WhenEmbedded_ExcludeCloudAndWeb(string assemblyName)
    {
        var references = Assembly.Load(assemblyName).GetReferencedAssemblies().Select(reference => reference.Name!);

        Assert.DoesNotContain(references, name =>
            name.StartsWith("Azure.", StringComparison.Ordinal) ||
            name.StartsWith("Microsoft.Azure.", StringComparison.Ordinal) ||
            name.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal));
    }
}
