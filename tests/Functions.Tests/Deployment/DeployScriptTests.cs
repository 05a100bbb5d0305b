using System.Diagnostics;
using System.IO.Compression;

namespace Cairn.Functions.Tests.Deployment;

/// <summary>eng/deploy with an Azure CLI that writes down what it is asked, and answers as if all were there.</summary>
public sealed class DeployScriptTests : IDisposable
{
    // $PUBLIC: whether the tables answer from outside.
    private const string Az = """
        #!/usr/bin/env bash
        echo "az $*" >>"$CALLS"
        case "$*" in
          "account show"*) [ -z "${SIGNED_OUT:-}" ] || exit 1; echo trial ;;
          "provider show"*) echo Registered ;;
          *serviceUrl*) echo http://localhost ;;
          *storageName*) echo stcairn ;;
          *dataContainerName*) echo cairn ;;
          *tablesArePublic*) echo "${PUBLIC:-True}" ;;
          *hubName*) echo "${HUB:-}" ;;
          *config-zip*) cp "$(sed 's/.*--src //; s/ .*//' <<<"$*")" "$DEPLOYED" ;;
          *) echo value ;;
        esac
        """;

    // $DENIED: how often the role is not known yet. $HAS_KEY: there is one.
    private const string DotNet = """
        #!/usr/bin/env bash
        echo "dotnet $AzureWebJobsStorage__accountName/$CAIRN_CONTAINER${AzureWebJobsStorage:-} $*" >>"$CALLS"
        [ "$1" = run ] || exit 0
        [ "$(grep -c '^dotnet .* run' "$CALLS")" -gt "${DENIED:-0}" ] || { echo 'cairn: no access' >&2; exit 1; }
        [ -n "${HAS_KEY:-}" ] || echo cairn_a_key
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cairn-deploy-");

    public DeployScriptTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the scripts are for bash");
        Add("az", Az);
        Add("dotnet", DotNet);
        Add("sleep", "#!/usr/bin/env bash");
        Add("curl", "#!/bin/sh"); // the service answers
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
    [InlineData("", 1)]
    [InlineData("3", 4)] // the role is not known everywhere at once
    public async Task Key_WhenThereIsNone_IsMadeInTheTablesAndShown(string denied, int tries)
    {
        var (code, said) = await RunAsync("dev --location westeurope --no-code", ("DENIED", denied), ("AzureWebJobsStorage", "another"));

        Assert.True(code == 0, said);
        Assert.Contains("cairn_a_key", said, StringComparison.Ordinal);
        Assert.Equal(tries, File.ReadLines(Calls).Count(call => call.StartsWith("dotnet stcairn/cairn run ", StringComparison.Ordinal)));
        Assert.EndsWith("keys create --name first --scope admin --if-none", File.ReadLines(Calls).Last(call => call.StartsWith("dotnet", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_WhenThereIsOne_IsNotShown()
    {
        var (code, said) = await RunAsync("dev --location westeurope --no-code", ("HAS_KEY", "1"));

        Assert.True(code == 0, said);
        Assert.DoesNotContain("shown this once", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_WhenNoneCanBeMade_SaysWhy()
    {
        var (code, said) = await RunAsync("dev --location westeurope --no-code", ("DENIED", "99"));

        Assert.Equal(1, code);
        Assert.Contains("cairn: no access", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dev --location westeurope --no-code", "False", "inside the virtual network")]
    [InlineData("dev --location westeurope --no-code --no-key", "True", "http://localhost")]
    public async Task Key_WhenItCannotOrShallNotBeMade_IsLeftOut(string arguments, string isPublic, string message)
    {
        var (code, said) = await RunAsync(arguments, ("PUBLIC", isPublic));

        Assert.True(code == 0, said);
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.DoesNotContain("dotnet", File.ReadAllText(Calls), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("cairn-ingest", true)]
    public async Task Code_WhenThereIsNoHub_IsDeployedWithoutTheFunctionThatReadsIt(string hub, bool hasEvents)
    {
        var (package, deployed) = (Path.Combine(_folder.FullName, "app.zip"), Path.Combine(_folder.FullName, "deployed.zip"));
        await using (var zip = await ZipFile.OpenAsync(package, ZipArchiveMode.Create, TestContext.Current.CancellationToken))
        {
            Array.ForEach(["host.json", "ingest-events/function.json", "ingest-queue/function.json"], name => zip.CreateEntry(name));
        }

        var (code, said) = await RunAsync($"dev --location westeurope --code-only --package {package}", ("HUB", hub), ("DEPLOYED", deployed));

        Assert.True(code == 0, said);
        await using var opened = await ZipFile.OpenReadAsync(deployed, TestContext.Current.CancellationToken);
        Assert.Equal(hasEvents, opened.GetEntry("ingest-events/function.json") is not null);
        Assert.NotNull(opened.GetEntry("ingest-queue/function.json"));
        await using var kept = await ZipFile.OpenReadAsync(package, TestContext.Current.CancellationToken);
        Assert.NotNull(kept.GetEntry("ingest-events/function.json"));
    }

    /// <summary>The name that azd gives its deployments is of the moment: nothing asks Azure for one.</summary>
    [Fact]
    public async Task Azd_WhenItMadeTheResources_IsAskedForTheirNames()
    {
        var package = Path.Combine(_folder.FullName, "app.zip");
        await File.WriteAllTextAsync(package, "", TestContext.Current.CancellationToken);
        (string, string)[] outputs =
        [
            ("functionAppName", "func-of-azd"), ("serviceUrl", "http://localhost"), ("resourceGroupName", "rg-of-azd"), ("hubName", "hub"), ("storageName", "st-of-azd"),
            ("dataContainerName", "data"), ("tablesArePublic", "true"),
        ];

        var (code, said) = await RunAsync($"dev --location westeurope --azd --package {package}", [.. outputs, ("DEPLOYED", Path.Combine(_folder.FullName, "deployed.zip"))]);

        Assert.True(code == 0, said);
        var calls = await File.ReadAllTextAsync(Calls, TestContext.Current.CancellationToken);
        Assert.DoesNotContain("deployment sub", calls, StringComparison.Ordinal);
        Assert.Contains("--resource-group rg-of-azd --name func-of-azd", calls, StringComparison.Ordinal);
        Assert.Contains("dotnet st-of-azd/data run ", calls, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Azd_WhenItGivesNoOutputs_IsNamed()
    {
        var (code, said) = await RunAsync("dev --location westeurope --azd");

        Assert.Equal(1, code);
        Assert.Contains("azd provision", said, StringComparison.Ordinal);
    }

    private string[] Asked() => [.. File.ReadLines(Calls).Select(call => string.Join(' ', call.Split(' ')[1..3]))];

    private void Add(string name, string script)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, script.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

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
