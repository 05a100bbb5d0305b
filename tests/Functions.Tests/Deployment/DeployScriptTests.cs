using System.Diagnostics;

namespace Cairn.Functions.Tests.Deployment;

/// <summary>eng/deploy with an Azure CLI that writes down what it is asked, and answers as if all were there.</summary>
public sealed class DeployScriptTests : IDisposable
{
    // The key's length is written, not the key. $HAS_KEY: whether the vault has one.
    private const string Az = """
        #!/usr/bin/env bash
        echo "key=${#CAIRN_API_KEY} $*" >>"$CALLS"
        case "$*" in
          "account show"*) [ -z "${SIGNED_OUT:-}" ] || exit 1; echo trial ;;
          "group exists"*) echo "${HAS_KEY:-false}" ;;
          "resource list"*) echo /vault ;;
          "rest"*) [ -z "${NO_ANSWER:-}" ] || exit 1; echo cairn-api-key ;;
          "provider show"*) echo Registered ;;
          *serviceUrl*) echo http://localhost ;;
          *) echo value ;;
        esac
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cairn-deploy-");

    public DeployScriptTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the scripts are for bash");
        var az = Path.Combine(_folder.FullName, "az");
        File.WriteAllText(az, Az.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(az, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private string Calls => Path.Combine(_folder.FullName, "calls");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("dev", "which region?")]
    [InlineData("none --location westeurope", "there is no")]
    [InlineData("dev --location westeurope --name A", "--name is 'A'")]
    [InlineData("dev --location westeurope --package none.zip", "there is no none.zip")]
    public async Task Arguments_WhenOneIsWrong_SayWhich(string arguments, string message)
    {
        var (code, said) = await RunAsync(arguments);

        Assert.Equal(1, code);
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.False(File.Exists(Calls));
    }

    [Fact]
    public async Task SignedOut_WhenRun_SaysHowToSignIn()
    {
        var (code, said) = await RunAsync("dev --location westeurope", ("SIGNED_OUT", "1"));

        Assert.Equal(1, code);
        Assert.Contains("az login", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIf_WhenAsked_ChangesNothing()
    {
        var (code, said) = await RunAsync("dev --location westeurope --what-if");

        Assert.True(code == 0, said);
        Assert.Equal(["account show", "deployment sub"], Asked());
        Assert.Contains("sub what-if --name cairn-dev --location westeurope", File.ReadAllText(Calls), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("false", "", 64)] // nothing is there: one is made, 32 bytes in hexadecimal
    [InlineData("true", "", 0)] // the one in the vault stays
    [InlineData("true", "--rotate-key", 64)]
    public async Task Key_WhenResourcesAreDeployed_IsMadeOnlyIfItIsNeeded(string hasKey, string option, int keyLength)
    {
        var (code, said) = await RunAsync($"dev --location westeurope --no-code {option}", ("HAS_KEY", hasKey));

        Assert.True(code == 0, said);
        Assert.Single(File.ReadLines(Calls), call => call.StartsWith($"key={keyLength} deployment sub create", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Key_WhenTheVaultDoesNotAnswer_IsNotReplaced()
    {
        var (code, said) = await RunAsync("dev --location westeurope --no-code", ("HAS_KEY", "true"), ("NO_ANSWER", "1"));

        Assert.Equal(1, code);
        Assert.Contains("the names in the vault", said, StringComparison.Ordinal);
        Assert.DoesNotContain("deployment sub create", File.ReadAllText(Calls), StringComparison.Ordinal);
    }

    private string[] Asked() => [.. File.ReadLines(Calls).Select(call => string.Join(' ', call.Split(' ')[1..3]))];

    private async Task<(int Code, string Said)> RunAsync(string arguments, params (string Name, string Value)[] environment)
    {
        var script = Path.Combine(TemplateTests.Root, "eng", "deploy");
        var start = new ProcessStartInfo("bash", [script, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["CALLS"] = Calls;
        foreach (var name in (string[])["AZURE_LOCATION", "AZURE_ENV_NAME", "CAIRN_API_KEY"])
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var bash = Process.Start(start)!;
        var said = await Task.WhenAll(bash.StandardOutput.ReadToEndAsync(), bash.StandardError.ReadToEndAsync()).WaitAsync(Patience);
        await bash.WaitForExitAsync();
        return (bash.ExitCode, string.Concat(said));
    }
}
