using System.Text;
using Cairn.Functions.Answers;
using Cairn.Functions.Imports;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Functions.Endpoints;

/// <summary>POST …/import that is not waited for, and GET …/imports/{id}.</summary>
internal static class ImportJobEndpoint
{
    public static readonly Route[] Routes = [new("GET", "/v1/spaces/{space}/imports/{id}", GetAsync)];

    /// <summary>Takes the body to where files wait, and answers. Its import survives this process.</summary>
    public static async Task AcceptAsync(Call call, bool isMemory, OnExists onExists)
    {
        var imports = call.Service.Imports
            ?? throw ProblemException.Parameter("Prefer", "respond-async is not supported for imports here: there are no tables to keep them in", ProblemKinds.NotSupported);
        var (key, jobs) = (call.IdempotencyKey, imports.Importer.Jobs);
        var space = await call.RequireOrCreateSpaceAsync();
        var id = key is null ? ImportNames.NewId() : ImportNames.IdOfKey(space.Record.Incarnation, key);
        if (key is not null && await jobs.FindAsync(space.Record.Name, id, call.Aborted) is { } known)
        {
            await AnswerKnownAsync(call, space, known.Job);
            return;
        }

        var file = await imports.Importer.Files.WriteAsync(space.Record.Name, id, new BodyStream(RequestBody.Open(call.Request)), call.Aborted);
        var job = new ImportJob
        {
            Id = id,
            Incarnation = space.Record.Incarnation,
            File = id,
            IsMemory = isMemory,
            OnExists = onExists,
            LineKey = key ?? $"import-{id}",
            CreatedAt = jobs.Now,
            UpdatedAt = jobs.Now,
        };
        if (await jobs.PutAsync(space.Record.Name, job, null, CancellationToken.None) is null && await jobs.FindAsync(space.Record.Name, id, call.Aborted) is { } other)
        {
            // Another request with the same key came first.
            await AnswerKnownAsync(call, space, other.Job);
            return;
        }

        await imports.StartAsync(file);
        await AnswerAsync(call, space, job, StatusCodes.Status202Accepted);
    }

    private static Task AnswerKnownAsync(Call call, Space space, ImportJob job)
    {
        CommitFlow.MarkReplayed(call);
        return AnswerAsync(call, space, job, StatusCodes.Status202Accepted);
    }

    private static async Task GetAsync(Call call)
    {
        var space = call.RequireSpace();
        var id = Encoding.UTF8.GetString(call.Name("id", Storage.RecordKey.MaxLength));
        var found = ImportNames.IsId(id) && call.Service.Imports is { } imports ? await imports.Importer.Jobs.FindAsync(space.Record.Name, id, call.Aborted) : null;
        if (found is not var (job, _) || job.Incarnation != space.Record.Incarnation)
        {
            throw ProblemException.Of(ProblemKinds.UnknownImport, $"there is no import of that id; what became of one can be asked for {ImportRegistry.Retention.TotalDays:0} days");
        }

        await AnswerAsync(call, space, job, StatusCodes.Status200OK);
    }

    private static async Task AnswerAsync(Call call, Space space, ImportJob job, int status)
    {
        if (status == StatusCodes.Status202Accepted)
        {
            call.Prefer.Apply(call.Response);
            call.Response.Headers.Location = $"/v1/spaces/{space.Record.Name}/imports/{job.Id}";
        }

        using var answer = JsonAnswer.Rent();
        ImportJson.Write(answer.Json, job, call.SetToken(job.Position > LogPosition.Zero ? job.Position : space.Current.Position));
        await answer.SendAsync(call.Response, status, call.Aborted);
    }
}
