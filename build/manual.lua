-- Licensed under the Apache License, Version 2.0; see LICENSE.
-- A filter of pandoc for build/manual: links between pages lead to the HTML pages. A link to
-- a file that is not a part of the manual becomes plain text.
local dir = os.getenv("CORS_DIR")

local function exists(path)
  local file = io.open(path)
  return file and file:close()
end

function Link(link)
  local path, fragment = link.target:match("^([^#]*)(.*)$")
  if path == "" or path:match("^%a+:") then
    return nil
  end
  path = path:gsub("^docs/", "")
  if path:match("%.%./%.%.") or not exists("docs/" .. dir .. path) or path:match("^%.%./tools/") then
    return link.content
  end
  link.target = path:gsub("%.md$", ".html") .. fragment
  return link
end

function Image(image)
  image.src = image.src:gsub("^docs/", "")
  return image
end

-- the title of the page is its first heading
function Pandoc(doc)
  for _, block in ipairs(doc.blocks) do
    if block.t == "Header" and block.level == 1 then
      doc.meta.pagetitle = pandoc.utils.stringify(block.content)
      break
    end
  end
  return doc
end
