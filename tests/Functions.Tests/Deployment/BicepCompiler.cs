using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Cairn.Functions.Tests.Deployment;

/// <summary>The real Bicep compiler, from its NuGet package: restored when a test first needs it, once for all checkouts.</summary>
internal static class BicepCompiler
{
    private const string Package = "Azure.Bicep.CommandLine.linux-x64", Version = "0.49.2";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly Lazy<Task<string>> Program = new(FindOrRestoreAsync);

    // Other platforms have packages of their own; one run of them all is enough.
    private static bool IsHere => OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64;

    private static string PackagesFolder => Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>Compiles one .bicep file to the JSON that Azure is sent.</summary>
    /// <returns>The template, null if it does not compile; and what the compiler said, with each warning, empty if nothing.</returns>
    public static async Task<(JsonObject? Template, string Said)> BuildAsync(string path)
    {
        var (code, output, said) = await RunAsync(await FindAsync(), ["build", path, "--stdout"]);
        return (code == 0 ? JsonNode.Parse(output)!.AsObject() : null, said.Trim());
    }

    /// <summary>Compiles a .bicepparam file, with the values of the environment that it reads.</summary>
    /// <returns>The parameters by name, null if it does not compile; and what the compiler said.</returns>
    public static async Task<(JsonObject? Parameters, string Said)> BuildParametersAsync(string path, params (string Name, string Value)[] environment)
    {
        var (code, output, said) = await RunAsync(await FindAsync(), ["build-params", path, "--stdout"], environment);
        var text = code == 0 ? JsonNode.Parse(output)!["parametersJson"]!.GetValue<string>() : null;
        return (text is null ? null : JsonNode.Parse(text)!["parameters"]!.AsObject(), said.Trim());
    }

    private static Task<string> FindAsync()
    {
        Assert.SkipUnless(IsHere, "the Bicep compiler is restored for Linux x64 only");
        return Program.Value;
    }

    private static async Task<string> FindOrRestoreAsync()
    {
        var program = Path.Combine(PackagesFolder, Package.ToLowerInvariant(), Version, "tools", "bicep");
        if (!File.Exists(program))
        {
            await RestoreAsync();
        }

        // Not every release of NuGet keeps the right to execute.
        if (!OperatingSystem.IsWindows() && !File.GetUnixFileMode(program).HasFlag(UnixFileMode.UserExecute))
        {
            File.SetUnixFileMode(program, File.GetUnixFileMode(program) | UnixFileMode.UserExecute);
        }

        return program;
    }

    // NuGet itself sees to it that two who restore at once do not meet. The project is no part of this repository: its settings do not reach it.
    private static async Task RestoreAsync()
    {
        var folder = Directory.CreateTempSubdirectory("cairn-bicep-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "bicep.csproj"), $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
                  <ItemGroup><PackageDownload Include="{Package}" Version="[{Version}]" /></ItemGroup>
                </Project>
                """);
            var (code, output, said) = await RunAsync("dotnet", ["restore", folder.FullName]);
            Assert.True(code == 0, $"{Package} {Version} could not be restored: {output}{said}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<(int Code, string Output, string Said)> RunAsync(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var read = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).WaitAsync(Patience);
        await process.WaitForExitAsync();
        return (process.ExitCode, read[0], read[1]);
    }
}
