using System.Collections.Concurrent;
using Cairn.Functions.Hosting;
using Cairn.Functions.Problems;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Functions.Imports;

/// <summary>What became of a file that waited.</summary>
internal enum ImportResult
{
    /// <summary>Its import is over, by this call.</summary>
    Ended,

    /// <summary>There is nothing to do: it is gone, over, or none of ours.</summary>
    Nothing,

    /// <summary>Not now: somebody works on it, or it was stopped.</summary>
    Later,
}

/// <summary>Imports files that wait, each once, whoever asks and how often. Any thread, any number of processes.</summary>
/// <remarks>
/// Invariants: a file is deleted after its import is over and noted as done, never before; of one import at most one try runs in a process, and in others only
/// when the last note of whoever worked on it is older than it holds. Two that run at once all the same, because one stood still, change nothing twice.
/// </remarks>
internal sealed partial class Importer(Service service, IImportFiles files, ImportRegistry jobs, bool isSole)
{
    /// <summary>After it, one who has noted nothing is taken for dead. Who has the data for himself need not wait for anybody.</summary>
    private readonly TimeSpan _hold = isSole ? TimeSpan.Zero : TimeSpan.FromMinutes(2);

    // A body whose record is missing so long after belongs to nobody: its request was cut off.
    private static readonly TimeSpan Orphaned = TimeSpan.FromDays(1);

    private readonly string _holder = ImportNames.NewId();
    private readonly ConcurrentDictionary<string, byte> _running = new(StringComparer.Ordinal);

    public IImportFiles Files => files;

    public ImportRegistry Jobs => jobs;

    /// <summary>Imports a file, or goes on with it.</summary>
    /// <exception cref="ProblemException">unknown-space; or something of ours failed, and it can be tried again.</exception>
    /// <exception cref="CairnException">As before: Unavailable, Throttled.</exception>
    public async Task<ImportResult> RunAsync(SpaceName name, string fileName, CancellationToken stop)
    {
        if (!(ImportNames.IsId(fileName) || ImportNames.IsMemory(fileName) is not null) || await files.FindAsync(name, fileName, stop) is not { } file)
        {
            return ImportResult.Nothing;
        }

        if (await HoldAsync(file, stop) is not { } space)
        {
            await files.DeleteAsync(file, stop);
            return ImportResult.Nothing;
        }

        var id = ImportNames.IsId(fileName) ? fileName : ImportNames.IdOfFile(space.Record.Incarnation, file);
        if (!_running.TryAdd(id, 0))
        {
            space.Release();
            return ImportResult.Later;
        }

        try
        {
            return await RunAsync(space, file, id, stop);
        }
        catch (ImportLostException)
        {
            return ImportResult.Later;
        }
        finally
        {
            _running.TryRemove(id, out _);
            service.Checkpoints?.Note(space);
            space.Release();
        }
    }

    // Null: a body that a caller sent for a space which is gone.
    private async Task<Space?> HoldAsync(ImportFile file, CancellationToken cancellationToken) =>
        await service.Catalog.HoldAsync(file.Space, cancellationToken) is { } there ? there
        : ImportNames.IsId(file.Name) ? null
        : service.CreatesSpaces ? (await service.Catalog.HoldOrCreateAsync(file.Space, cancellationToken)).Space
        : throw ProblemException.Of(ProblemKinds.UnknownSpace, $"there is no space '{file.Space}' for the file '{file.Name}'");

    private async Task<ImportResult> RunAsync(Space space, ImportFile file, string id, CancellationToken stop)
    {
        var found = await jobs.FindAsync(space.Record.Name, id, stop);
        var job = found?.Job ?? NewJob(space, file, id);
        if (job is null)
        {
            return service.Time.GetUtcNow() - file.WrittenAt < Orphaned ? ImportResult.Later : await LetGoAsync(file);
        }

        if (job.IsOver || job.Incarnation != space.Record.Incarnation)
        {
            // What failed stays to be looked at; a body that was sent is its caller's anyway.
            return job.State == ImportState.Done || ImportNames.IsId(file.Name) ? await LetGoAsync(file) : ImportResult.Nothing;
        }

        if (job.Holder != _holder && job.HeldUntil > jobs.Now)
        {
            return ImportResult.Later;
        }

        job = job with { State = ImportState.Running, Holder = _holder, HeldUntil = jobs.Now.Plus(_hold), UpdatedAt = jobs.Now };
        if (await jobs.PutAsync(space.Record.Name, job, found?.Version, stop) is not { } version)
        {
            return ImportResult.Later;
        }

        var state = await new ImportAttempt(service, jobs, files, space, _hold).RunAsync(file, job, version, stop);
        if (state == ImportState.Running)
        {
            return ImportResult.Later;
        }

        if (state == ImportState.Done || ImportNames.IsId(file.Name))
        {
            await files.DeleteAsync(file, CancellationToken.None);
        }

        LogEnded(service.Logger, space.Record.Name, id, file.Name, state == ImportState.Done ? "done" : "failed");
        return ImportResult.Ended;
    }

    private async Task<ImportResult> LetGoAsync(ImportFile file)
    {
        await files.DeleteAsync(file, CancellationToken.None);
        return ImportResult.Nothing;
    }

    // What somebody put there is an import by its name alone; a body that was sent is one only by the record that its request made.
    private ImportJob? NewJob(Space space, ImportFile file, string id) => ImportNames.IsMemory(file.Name) is not { } isMemory ? null : new()
    {
        Id = id,
        Incarnation = space.Record.Incarnation,
        File = file.Name,
        IsMemory = isMemory,
        OnExists = isMemory ? OnExists.Skip : OnExists.Replace,
        LineKey = $"import-{id}",
        CreatedAt = jobs.Now,
        UpdatedAt = jobs.Now,
    };

    [LoggerMessage(64, LogLevel.Information, "space {Space}: import {Id} of the file '{File}' is {State}")]
    private static partial void LogEnded(ILogger logger, SpaceName space, string id, string file, string state);
}
