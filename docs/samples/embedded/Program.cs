// A memory inside a C# program, without a server:
//
//     dotnet run --project docs/samples/embedded -- ./notes
//
// Run it twice: the second time it finds what the first one learned.
using Cairn.Embedded;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
var token = stop.Token;
var folder = args.Length > 0 ? args[0] : "./notes";

// One process at a time has the folder open. A second one is told who has it.
await using var memory = EmbeddedMemory.Open(folder, EmbeddedOptions.Latency with { Overflow = OverflowPolicy.Wait });
var notes = await memory.OpenSpaceAsync("notes", token);
Console.WriteLine($"{notes.Read().ConceptCount} concepts known");

// A commit is a list of operations that apply all or not at all. When it returns, it is on disk and visible.
var learned = await notes.CommitAsync(
    notes.NewCommit(meta: new CommitMeta(Actor: "sample", Note: "from a book"))
        .Put(new Concept
        {
            Id = "ada",
            Labels = ["person"],
            Content = "Wrote the first program.",
            Attributes = new Dictionary<string, Value> { ["born"] = 1815, ["fields"] = new Value[] { "mathematics" } },
        })
        .Put(new Concept { Id = "babbage", Labels = ["person"], Content = "Designed the Analytical Engine." })
        .Put(new Concept { Id = "engine", Labels = ["machine"] })
        .Associate("ada", "worked_with", "babbage")
        .Associate("babbage", "designed", "engine"),
    token);
Console.WriteLine($"learned: {learned.Kind}, {learned.Results.Count} operations");

// A view answers every question about the same moment, whatever is written meanwhile.
var view = notes.Read();
Console.WriteLine($"ada was born in {view.FindAttribute("ada", "born")?.AsInt64}");
foreach (var neighbor in view.FindNeighbors("babbage"))
{
    Console.WriteLine($"babbage {(neighbor.IsOutgoing ? "->" : "<-")} {neighbor.Association.Key.Type} {neighbor.Id}");
}

foreach (var path in view.FindPaths(new PathRequest(From: "ada", To: "engine"), token))
{
    Console.WriteLine(string.Join(" - ", path.Concepts));
}

// Change what was read, unless somebody else has changed it since: no locks, no lost updates.
var ada = view.Find("ada")!;
var changed = await notes.CommitAsync(
    notes.NewCommit()
        .RequireVersion("ada", ada.Version)
        .Patch("ada", new ConceptPatch { AddItems = new Dictionary<string, Value[]> { ["fields"] = ["computing"] } }),
    token);
Console.WriteLine($"changed: {changed.Kind}");
var late = await notes.CommitAsync(notes.NewCommit().RequireVersion("ada", ada.Version).Delete("ada"), token);
Console.WriteLine($"a late change: {late.Kind}, {late.Reason}");

// With an id of its own, a commit can be sent again after a crash or a lost answer: it is applied once.
for (var attempt = 1; attempt <= 2; attempt++)
{
    var told = await notes.CommitAsync(notes.NewCommit(id: "chapter-7").Reinforce("ada", 0.1f), token);
    Console.WriteLine($"told about chapter 7: {(told.IsDuplicate ? "known already" : "new")}");
}

// Bursts go through a door of their own: durable when it returns, visible a few milliseconds later.
var ingested = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(day =>
    notes.IngestAsync(notes.NewCommit().Put(new Concept { Id = $"day-{day:d4}", Labels = ["day"] }), token).AsTask()));
await notes.WaitForAsync(ingested.Max(), TimeSpan.FromSeconds(5), token);
Console.WriteLine($"{notes.Read().ListConcepts(label: "day").Count()} days");

// A failure says what to do about it.
try
{
    notes.NewCommit().Put(new Concept { Id = "ada", Strength = 2 });
}
catch (CairnException refused) when (refused.Kind == ErrorKind.Invalid)
{
    Console.WriteLine($"refused: {refused.Field}");
}

var figures = notes.GetStatistics();
Console.WriteLine($"{figures.Concepts} concepts, {figures.Associations} associations, {figures.Dropped} dropped");
