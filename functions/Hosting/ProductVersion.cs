using System.Reflection;

namespace Cairn.Functions.Hosting;

/// <summary>The version of this build, such as 0.1.0.</summary>
internal static class ProductVersion
{
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
