using Cairn.Embedded;
using Cairn.Model;

await using var memory = EmbeddedMemory.Open("./data", EmbeddedOptions.Default);
var notes = await memory.OpenSpaceAsync("notes", CancellationToken.None);
await notes.CommitAsync(
    notes.NewCommit()
        .Put(new Concept { Id = "ada", Labels = ["person"], Attributes = new Dictionary<string, Value> { ["born"] = 1815 } })
        .Put(new Concept { Id = "babbage", Labels = ["person"] })
        .Associate("ada", "worked_with", "babbage"),
    CancellationToken.None);

var view = notes.Read(); // all that it answers is of one moment, whatever is written meanwhile
Console.WriteLine(view.FindAttribute("ada", "born")?.AsInt64);
foreach (var neighbor in view.FindNeighbors("babbage"))
{
    Console.WriteLine($"{neighbor.Association.Key.Type} {neighbor.Id}");
}
