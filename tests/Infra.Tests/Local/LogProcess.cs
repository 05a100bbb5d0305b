using System.Diagnostics;
using System.Text;
using Cairn.Diagnostics;
using Cairn.Formats;
using Cairn.Infra.Local;
using Cairn.Log;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Tests.Local;

/// <summary>A second process that holds a folder, appends to a log or writes blobs until it is killed; and how tests start one.</summary>
internal sealed class LogProcess : IDisposable
{
    public const string Verb = "--log-process";

    /// <summary>Bytes of each blob that it writes.</summary>
    public const int BlobBytes = 20_000;

    private readonly Process _process;

    private LogProcess(Process process) => _process = process;

    public static SpaceRecord Space { get; } = new(SpaceName.Parse("demo"), new(42), new(1));

    public int Id => _process.Id;

    public StreamReader Output => _process.StandardOutput;

    /// <summary>Starts this program again.</summary>
    public static LogProcess Start(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardInput = true };
        foreach (var argument in (string[])["exec", typeof(LogProcess).Assembly.Location, Verb, .. args])
        {
            start.ArgumentList.Add(argument);
        }

        return new(Process.Start(start)!);
    }

    /// <summary>What the started program does: "hold folder address", "append folder" or "blobs folder round".</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await using var store = LocalSpaceStore.Open(args[1]);
            if (args[0] == "hold")
            {
                store.SetAddress(args[2]);
                Console.WriteLine("ready");
                await Console.In.ReadLineAsync();
                return 0;
            }

            await (args[0] == "blobs" ? WriteBlobsForeverAsync(store, args[2]) : AppendForeverAsync(store));
            return 0;
        }
        catch (CairnException failure)
        {
            Console.WriteLine($"{failure.Kind}: {failure.Message}");
            return 1;
        }
    }

    /// <summary>Opens the log and answers the ids of its commits.</summary>
    public static async Task<(WriteLog Log, List<string> Ids)> OpenAsync(
        ISpaceStore store, UInt128 writer, CancellationToken cancellationToken, ILogObserver? observer = null)
    {
        await store.CreateAsync(Space, cancellationToken);
        var ids = new List<string>();
        var log = await WriteLog.OpenAsync(
            store.OpenLog(Space),
            Space.Incarnation,
            () => new(writer),
            observer ?? SilentLogObserver.Instance,
            default,
            (group, _) =>
            {
                foreach (var frame in group)
                {
                    if (frame.View.Kind == FrameKind.Commit)
                        ids.Add(Encoding.UTF8.GetString(frame.View.CommitId));
                }

                return ValueTask.CompletedTask;
            },
            cancellationToken);
        return (log, ids);
    }

    public static EncodedCommit Commit(string id)
    {
        var writer = new CommitWriter(Space.Incarnation);
        writer.Begin(Encoding.UTF8.GetBytes(id), true, new(1));
        writer.BeginPut("a"u8, OnExists.Replace);
        writer.Content(Encoding.UTF8.GetBytes(new string('x', 1000)));
        writer.EndOperation();
        return writer.Finish();
    }

    /// <summary>As kill -9 does.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    // Each line says that a commit was acknowledged.
    private static async Task AppendForeverAsync(LocalSpaceStore store)
    {
        var writer = (UInt128)Environment.ProcessId;
        var (log, ids) = await OpenAsync(store, writer, CancellationToken.None);
        for (var next = ids.Count; ; next++)
        {
            await log.AppendAsync(new[] { Commit($"c{next}") }, new(1), CancellationToken.None);
            Console.WriteLine($"c{next}");
        }
    }

    // Each line says that a blob was acknowledged.
    private static async Task WriteBlobsForeverAsync(LocalSpaceStore store, string round)
    {
        await store.CreateAsync(Space, CancellationToken.None);
        await using var blobs = store.OpenBlobs(Space);
        for (var next = 0; ; next++)
        {
            await using (var upload = await blobs.BeginAsync($"blobs/{round}-{next}", CancellationToken.None))
            {
                await upload.WriteAsync(new byte[BlobBytes / 2], CancellationToken.None);
                await upload.WriteAsync(new byte[BlobBytes / 2], CancellationToken.None);
                await upload.CommitAsync(CancellationToken.None);
            }

            Console.WriteLine($"{round}-{next}");
        }
    }
}
