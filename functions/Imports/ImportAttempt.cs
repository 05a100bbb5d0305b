using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Hosting;
using Cairn.Functions.Problems;
using Cairn.Functions.Streams;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Functions.Imports;

/// <summary>
/// One try at an import that this process holds: from the last line that is noted to the end, or until it is told to stop. How far it has come is noted every
/// few seconds; what it did behind the last note is done again by the next try, and changes nothing, since its lines have the same ids. One thread.
/// </summary>
internal sealed class ImportAttempt(Service service, ImportRegistry jobs, IImportFiles files, Space space, TimeSpan hold)
{
    private static readonly TimeSpan NoteInterval = TimeSpan.FromSeconds(5);

    private ImportJob _job = null!;
    private VersionTag _version;

    /// <summary>Goes on with a job.</summary>
    /// <returns>Its state: running, if it was stopped.</returns>
    /// <exception cref="ProblemException">Something of ours failed; it can be tried again.</exception>
    /// <exception cref="CairnException">As before.</exception>
    /// <exception cref="ImportLostException">Another process has taken it over.</exception>
    public async Task<ImportState> RunAsync(ImportFile file, ImportJob job, VersionTag version, CancellationToken stop)
    {
        (_job, _version) = (job, version);
        if (await ReasonNotToBeginAsync() is { } reason)
        {
            return await EndAsync(reason);
        }

        try
        {
            return await ReadAsync(file, stop);
        }
        catch (CairnException changed) when (changed.Kind == ErrorKind.Conflict && !ImportNames.IsId(file.Name))
        {
            return await EndAsync(new(ProblemKinds.Invalid, "the file was changed or deleted while it was read; as it is now, it is another import"));
        }
    }

    private async Task<ImportState> ReadAsync(ImportFile file, CancellationToken stop)
    {
        var (time, begin) = (service.Time, _job);
        var quota = await service.Quotas.FindAsync(space.Record.Name, CancellationToken.None);
        using var encoder = service.Encoders.Rent();
        await using var stream = new ImportStream(files, file);
        using var lines = new LineSource(stream, CancellationToken.None);
        var run = new ImportRun(space, quota, encoder, new(begin.IsMemory, begin.OnExists, Encoding.ASCII.GetBytes(begin.LineKey), begin.CreatedAt), time, CancellationToken.None);
        for (var notedAt = time.GetTimestamp(); await lines.MoveNextAsync();)
        {
            if (lines.Number > begin.Line)
            {
                await run.AddAsync(lines);
            }

            if (stop.IsCancellationRequested || time.GetElapsedTime(notedAt) >= NoteInterval)
            {
                notedAt = time.GetTimestamp();
                await NoteAsync(begin, run, Math.Max(lines.Number, begin.Line), ImportState.Running, stop.IsCancellationRequested ? TimeSpan.Zero : hold);
                if (stop.IsCancellationRequested)
                {
                    return ImportState.Running;
                }
            }
        }

        await NoteAsync(begin, run, Math.Max(lines.Number, begin.Line), ImportState.Done, TimeSpan.Zero);
        return ImportState.Done;
    }

    // A line that comes again after its commit was forgotten would be applied twice. What was begun in time may come again in the other half of the window.
    private async Task<Problem?> ReasonNotToBeginAsync()
    {
        await space.WaitForAsync(await space.FreshenAsync(strong: true, CancellationToken.None), TimeSpan.FromSeconds(30), CancellationToken.None);
        var limit = space.Current.Settings.IdempotencyWindow / 2;
        return jobs.Now.Since(_job.CreatedAt) <= limit ? null : new(
            ProblemKinds.NotRetained,
            $"it was cut off behind line {_job.Line} and could not go on within {limit:c}, half the idempotency window; lines that came again could be applied twice. Import what is missing anew");
    }

    private async Task NoteAsync(ImportJob begin, ImportRun run, long line, ImportState state, TimeSpan heldFor)
    {
        await run.DrainAsync();
        if (run.Rejected.FirstOfOurs is { } ours)
        {
            // Not the line's fault: it is not noted, and so comes again.
            throw new ProblemException(ours);
        }

        await PutAsync(_job with
        {
            State = state,
            Line = line,
            Counts = begin.Counts + run.Counts,
            Rejected = begin.With(run.Rejected.Listed.Select(each => new RejectedLine(each.Line, ImportJson.Render(each.Problem)))),
            Position = run.Position > _job.Position ? run.Position : _job.Position,
            HeldUntil = jobs.Now.Plus(heldFor),
        });
    }

    private async Task<ImportState> EndAsync(Problem problem)
    {
        await PutAsync(_job with { State = ImportState.Failed, Problem = ImportJson.Render(problem), HeldUntil = jobs.Now });
        return ImportState.Failed;
    }

    private async Task PutAsync(ImportJob job)
    {
        _job = job with { UpdatedAt = jobs.Now };
        _version = await jobs.PutAsync(space.Record.Name, _job, _version, CancellationToken.None) ?? throw new ImportLostException();
    }
}

/// <summary>Another process works on the import now.</summary>
internal sealed class ImportLostException() : Exception("another process works on this import");
